#include "supervisor/config/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "supervisor/config/node.h"
#include "supervisor/config/signal_names.h"
#include "supervisor/process/signals.h"

namespace supervisor {
namespace {

constexpr std::array<std::string_view, 6> kSignalActions{"stop",   "reload",  "reopen",
                                                         "rotate", "forward", "ignore"};
constexpr std::uint64_t kRingMemoryMin = 64U << 10U;
// sockaddr_un holds 107 bytes; "/control.sock" and the names beside it need the rest.
constexpr std::size_t kRuntimeDirectoryBytesMax = 80;

std::string no_such_signal(const std::string& name) {
  const std::string bare = name.starts_with("SIG") ? name.substr(3) : name;
  const auto near = base::nearest(bare, signal_names());
  return fmt::format("there is no signal \"{}\"{}", name,
                     near ? fmt::format(" (did you mean {}?)", *near) : "");
}

void validate_signal_action(const Judge& judge, const std::string& action,
                            const std::string& path) {
  if (std::ranges::find(kSignalActions, action) != kSignalActions.end() || parse_signal(action)) {
    return;
  }
  std::vector<std::string> candidates = signal_names();
  candidates.insert(candidates.end(), kSignalActions.begin(), kSignalActions.end());
  const auto near = base::nearest(action, candidates);
  judge.refuse(path, "use",
               fmt::format("\"{}\" is neither a signal nor one of {}{}", action,
                           fmt::join(kSignalActions, ", "),
                           near ? fmt::format(" (did you mean {}?)", *near) : ""));
}

void validate_signals(const Judge& judge, const BirlConfig& birl) {
  for (const auto& [name, action] : birl.signals) {
    const std::string path = join_key("birl.signals", name);
    const auto signal = parse_signal(name);
    if (!signal) {
      judge.refuse(path, "use", no_such_signal(name));
    } else {
      judge.require(is_forwardable_signal(*signal), path,
                    "birl cannot be told what this signal does");
    }
    validate_signal_action(judge, action, path);
  }
}

void validate_exit_codes(const Judge& judge, const BirlConfig& birl) {
  if (birl.exit_code) {
    judge.require_range(*birl.exit_code, 0, 255, "birl.exit_code");
  }
  for (const auto& [from, to] : birl.exit_code_map) {
    const std::string path = join_key("birl.exit_code_map", from);
    const auto code = base::parse_decimal(from);
    judge.require(code && *code <= 255, path,
                  fmt::format("\"{}\" is no exit code, 0 to 255", from));
    judge.require_range(to, 0, 255, path);
  }
}

void validate_birl(const Judge& judge, const BirlConfig& birl) {
  judge.require(birl.runtime_directory.starts_with('/'), "birl.runtime_directory",
                "the path must begin with /");
  judge.require(birl.runtime_directory.size() <= kRuntimeDirectoryBytesMax,
                "birl.runtime_directory",
                fmt::format("the path has more than {} bytes, too long for a socket in it",
                            kRuntimeDirectoryBytesMax));
  judge.require(birl.control.mode.bits <= 0777, "birl.control.mode", "it must be 0000 to 0777");
  judge.require(birl.ring_memory.bytes >= kRingMemoryMin, "birl.ring_memory",
                "it must be at least 64KiB");
  validate_exit_codes(judge, birl);
  validate_signals(judge, birl);
}

std::string message(const Place& place, std::string_view verb, std::string_view why) {
  return fmt::format("cannot {} {}: {}", verb, place.shown,
                     place.secret ? "the value is not valid (it is secret and not shown)" : why);
}

/// Two sinks that append to one file would each rotate it under the other.
void validate_paths(const Judge& judge) {
  std::map<std::string, std::string> owners;
  for (const auto& [name, sink] : judge.config().sinks) {
    if (sink.type != logging::SinkType::kFile) {
      continue;
    }
    const std::string path = join_key("sink", name);
    const auto [owner, is_first] = owners.emplace(sink.file.path, path);
    if (!is_first) {
      judge.refuse(path + ".path", "use",
                   fmt::format("{} writes \"{}\" already", owner->second, sink.file.path));
    }
  }
}

}  // namespace

void Judge::refuse(const std::string& path, std::string_view verb, std::string_view why) const {
  const Place place = places_.at(path);
  if (!place.unreadable) {
    problems_.error(place.origin, message(place, verb, why));
  }
}

void Judge::warn(const std::string& path, std::string_view verb, std::string_view why) const {
  const Place place = places_.at(path);
  if (!place.unreadable) {
    problems_.warn(place.origin, message(place, verb, why));
  }
}

void Judge::require(bool valid, const std::string& path, std::string_view why) const {
  if (!valid) {
    refuse(path, "use", why);
  }
}

void Judge::require_range(std::int64_t value, std::int64_t least, std::int64_t most,
                          const std::string& path) const {
  require(value >= least && value <= most, path,
          fmt::format("{} is not in {} to {}", value, least, most));
}

void Judge::require_signal(const std::string& name, const std::string& path) const {
  if (!parse_signal(name)) {
    refuse(path, "use", no_such_signal(name));
  }
}

void validate(const Config& config, const Places& places,
              const std::map<std::string, Origin>& removed, Problems& problems) {
  const Judge judge(config, places, removed, problems);
  validate_birl(judge, config.birl);
  validate_stages(judge);
  for (const auto& [name, service] : config.services) {
    validate_service(judge, service, join_key("service", name));
  }
  validate_order(judge);
  validate_listen(judge);
  for (const auto& [name, sink] : config.sinks) {
    validate_sink(judge, sink, join_key("sink", name));
  }
  validate_dead_letters(judge);
  validate_http(judge);
  for (const auto& [name, pipeline] : config.pipelines) {
    validate_pipeline(judge, pipeline, join_key("pipeline", name));
  }
  for (std::size_t index = 0; index < config.tests.size(); ++index) {
    validate_test(judge, config.tests[index], fmt::format("test[{}]", index));
  }
  validate_paths(judge);
}

}  // namespace supervisor
