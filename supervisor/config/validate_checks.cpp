// `ready` and `health`: one way to know it, targets that can be looked at, times that can be kept.
#include <fmt/format.h>

#include <array>
#include <span>
#include <vector>

#include "base/text.h"
#include "supervisor/config/validate.h"
#include "supervisor/process/probe_target.h"

namespace supervisor {
namespace {

constexpr std::int64_t kReadyFdMin = 3;
constexpr std::int64_t kReadyFdMax = 65'535;
constexpr std::uint64_t kIntervalMinNs = 10 * base::kNsPerMs;

/// One way of a table: its key, and whether its value says yes.
struct Way {
  std::string_view key;
  bool is_set;
};

bool is_inherited(const Judge& judge, const std::string& path) {
  return judge.place(path).shown.starts_with("defaults.");
}

/// Whether the table is there, to be judged, and has exactly one way.
bool check_ways(const Judge& judge, const ServiceConfig& service, const std::string& path,
                std::span<const Way> ways) {
  if (!judge.has(path) || !judge.readable(path)) {
    return false;
  }
  if (service.type != ServiceType::kDaemon) {
    judge.require(is_inherited(judge, path), path,
                  service.type == ServiceType::kOneshot
                      ? "a oneshot is ready when it is done"
                      : "a scheduled service is ready while it waits for its next run");
    return false;
  }
  std::vector<std::string_view> keys;
  std::vector<std::string_view> chosen;
  bool all_readable = true;
  for (const Way& way : ways) {
    const std::string key = fmt::format("{}.{}", path, way.key);
    keys.push_back(way.key);
    all_readable = all_readable && (!judge.has(key) || judge.readable(key));
    if (way.is_set) {
      chosen.push_back(way.key);
    }
  }
  if (all_readable && chosen.size() != 1) {
    judge.refuse(path, "use",
                 chosen.empty() ? fmt::format("it needs one of {}", fmt::join(keys, ", "))
                                : fmt::format("it has {}; choose one", fmt::join(chosen, " and ")));
  }
  return all_readable && chosen.size() == 1;
}

void check_target(const Judge& judge, const base::Result<ProbeTarget>& target,
                  const std::string& path) {
  judge.require(target.has_value(), path, target ? "" : target.error().message);
}

void check_command(const Judge& judge, const Command& command, const std::string& path) {
  judge.require(!judge.has(path) || (!command.empty() && !base::trim(command.argv.front()).empty()),
                path, "the command is empty");
}

void check_interval(const Judge& judge, const base::Duration& interval, const std::string& path) {
  judge.require(interval.ns >= kIntervalMinNs, path, "it must be at least 10ms");
}

void check_log_line(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  validate_regexes(judge, service.ready.log_line, path);
  judge.require(service.stdio != StdioMode::kInherit, path,
                "with stdio = \"inherit\" its output does not go through birl");
}

void validate_ready(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  const ReadyConfig& ready = service.ready;
  const std::array<Way, 7> ways{{{"fd", ready.fd.has_value()},
                                 {"sd_notify", ready.sd_notify},
                                 {"tcp", !ready.tcp.empty()},
                                 {"http", !ready.http.empty()},
                                 {"command", !ready.command.empty()},
                                 {"file", !ready.file.empty()},
                                 {"log_line", !ready.log_line.empty()}}};
  check_command(judge, ready.command, path + ".command");
  if (!check_ways(judge, service, path, ways)) {
    return;
  }
  if (ready.fd) {
    judge.require_range(*ready.fd, kReadyFdMin, kReadyFdMax, path + ".fd");
  } else if (!ready.tcp.empty()) {
    check_target(judge, parse_tcp_target(ready.tcp.text), path + ".tcp");
  } else if (!ready.http.empty()) {
    check_target(judge, parse_http_target(ready.http), path + ".http");
  } else if (!ready.file.empty()) {
    check_target(judge, parse_file_target(ready.file), path + ".file");
  } else if (!ready.log_line.empty()) {
    check_log_line(judge, service, path + ".log_line");
  }
  check_interval(judge, ready.interval, path + ".interval");
}

void validate_health(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  const HealthConfig& health = service.health;
  const std::array<Way, 4> ways{{{"http", !health.http.empty()},
                                 {"tcp", !health.tcp.empty()},
                                 {"command", !health.command.empty()},
                                 {"watchdog", health.watchdog}}};
  check_command(judge, health.command, path + ".command");
  if (!check_ways(judge, service, path, ways)) {
    return;
  }
  if (!health.http.empty()) {
    check_target(judge, parse_http_target(health.http), path + ".http");
  } else if (!health.tcp.empty()) {
    check_target(judge, parse_tcp_target(health.tcp.text), path + ".tcp");
  }
  check_interval(judge, health.interval, path + ".interval");
  check_interval(judge, health.timeout, path + ".timeout");
  judge.require(health.failures >= 1, path + ".failures", "it must be at least 1");
}

}  // namespace

void validate_checks(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  validate_ready(judge, service, path + ".ready");
  validate_health(judge, service, path + ".health");
}

}  // namespace supervisor
