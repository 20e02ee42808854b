#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/text.h"
#include "logging/handoff/ring_layout.h"
#include "supervisor/config/instances.h"
#include "supervisor/config/node.h"
#include "supervisor/config/validate.h"

namespace supervisor {
namespace {

constexpr std::string_view kCommandService = "main";
constexpr std::uint64_t kRingBytesMin = 64U << 10U;
constexpr std::uint64_t kRingBytesMax = 1U << 30U;

void validate_command(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  const std::string key = path + ".command";
  if (!judge.has(key)) {
    judge.refuse(path, "run", "it has no command");
    return;
  }
  const bool blank = service.command.empty() || base::trim(service.command.argv.front()).empty();
  judge.require(!blank, key, "the command is empty");
}

void validate_backoff(const Judge& judge, const BackoffConfig& backoff, const std::string& path) {
  judge.require(backoff.factor >= 1 && backoff.factor <= 100, path + ".factor",
                fmt::format("{} is not in 1 to 100", backoff.factor));
  judge.require(backoff.jitter >= 0 && backoff.jitter <= 1, path + ".jitter",
                fmt::format("{} is not in 0 to 1", backoff.jitter));
  judge.require(
      backoff.max >= backoff.initial, path + ".max",
      fmt::format("{} is shorter than `initial`, {}", base::format_duration(backoff.max.ns),
                  base::format_duration(backoff.initial.ns)));
}

void validate_restart_limit(const Judge& judge, const std::string& path) {
  if (!judge.has(path) || !judge.readable(path)) {
    return;
  }
  for (const std::string_view key : {"count", "within"}) {
    if (!judge.has(fmt::format("{}.{}", path, key))) {
      judge.refuse(path, "use",
                   fmt::format("it needs `{}` (as in {{ count = 5, within = \"1m\" }})", key));
    }
  }
}

void validate_environment(const Judge& judge, const ServiceConfig& service,
                          const std::string& path) {
  const auto check_name = [&](const std::string& table, const std::string& name) {
    judge.require(!name.empty() && name.find('=') == std::string::npos, join_key(table, name),
                  "a variable's name is not empty and has no `=`");
  };
  for (const auto& [name, value] : service.environment) {
    check_name(path + ".environment", name);
  }
  for (const auto& [name, file] : service.environment_from_file) {
    check_name(path + ".environment_from_file", name);
    judge.require(!file.empty(), join_key(path + ".environment_from_file", name),
                  "the path is empty");
  }
}

/// "app", "1000" or "1000:1000".
bool is_user(const std::string& user) {
  const std::vector<std::string_view> parts = base::split(user, ':');
  return parts.size() == 1 ||
         (parts.size() == 2 && base::parse_decimal(parts[0]) && base::parse_decimal(parts[1]));
}

void validate_log(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  const std::vector<std::string> none;
  const std::vector<std::string>& sinks = service.log ? *service.log : none;
  judge.require(sinks.size() <= logging::RingLimits::kConsumers, path,
                fmt::format("it names {} sinks; {} is the most", sinks.size(),
                            logging::RingLimits::kConsumers));
  for (std::size_t index = 0; index < sinks.size(); ++index) {
    const std::string item = fmt::format("{}[{}]", path, index);
    validate_sink_name(judge, sinks[index], item);
    const auto end = sinks.begin() + static_cast<std::ptrdiff_t>(index);
    judge.require(std::find(sinks.begin(), end, sinks[index]) == end, item,
                  fmt::format("\"{}\" is named twice", sinks[index]));
  }
}

void validate_ring(const Judge& judge, const RingConfig& ring, const std::string& table) {
  judge.require(ring.directory.empty() || ring.directory.starts_with('/'), table + ".directory",
                "the path must begin with /");
  const std::string path = table + ".size";
  const std::uint64_t bytes = ring.size.bytes;
  const bool fits = std::has_single_bit(bytes) && bytes >= kRingBytesMin && bytes <= kRingBytesMax;
  judge.require(
      fits, path,
      fmt::format("{} is not a power of two from 64KiB to 1GiB", base::format_bytes(bytes)));
  // The default is cut to the ring's share; a size that was asked for must fit.
  judge.require(!fits || !judge.has(path) || bytes <= judge.config().birl.ring_memory.bytes, path,
                fmt::format("{} is more than birl.ring_memory, {}", base::format_bytes(bytes),
                            base::format_bytes(judge.config().birl.ring_memory.bytes)));
}

}  // namespace

void validate_service(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  validate_command(judge, service, path);
  if (service.umask) {
    judge.require(service.umask->bits <= 0777, path + ".umask", "it must be \"0000\" to \"0777\"");
  }
  if (service.nice) {
    judge.require_range(*service.nice, -20, 19, path + ".nice");
  }
  for (std::size_t index = 0; index < service.success_exit_codes.size(); ++index) {
    judge.require_range(service.success_exit_codes[index], 0, 255,
                        fmt::format("{}.success_exit_codes[{}]", path, index));
  }
  if (service.instances) {
    judge.require_range(*service.instances, 1, InstanceLimits::kInstancesMax, path + ".instances");
    judge.require(service.name != kCommandService, path + ".instances",
                  "the service of the command line runs once");
  }
  judge.require(is_user(service.user), path + ".user",
                "a user is a name, a uid or \"uid:gid\" in numbers");
  validate_environment(judge, service, path);
  validate_backoff(judge, service.backoff, path + ".backoff");
  validate_restart_limit(judge, path + ".restart_limit");
  judge.require_signal(service.stop.signal, path + ".stop.signal");
  validate_schedule(judge, service, path);
  validate_context(judge, service, path);
  validate_checks(judge, service, path);
  validate_log(judge, service, path + ".log");
  validate_pipeline_names(judge, service.pipeline, path + ".pipeline");
  validate_level_name(judge, service.stderr_level, path + ".stderr_level");
  validate_ring(judge, service.ring, path + ".ring");
}

}  // namespace supervisor
