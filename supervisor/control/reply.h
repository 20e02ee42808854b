// Reads the server's JSON back into plain data. The one file that knows a JSON parser.
//
// What is missing or of another type keeps its default, so that a command of one release can ask an
// instance of another. kDamaged: not JSON at all. Pure. Threads: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supervisor/control/control_port.h"
#include "supervisor/control/health.h"
#include "supervisor/control/status_json.h"

namespace supervisor {

/// The Error that the answer carries, if it is one.
[[nodiscard]] base::Result<void> check_reply(std::string_view text);

[[nodiscard]] base::Result<StatusReport> parse_status(std::string_view text);
[[nodiscard]] base::Result<std::vector<HealthProblem>> parse_health(std::string_view text);

/// A line of `events`, as text: what is null is empty.
struct EventLine {
  std::uint64_t sequence = 0;
  std::string time{};
  std::string service{};
  std::string event{};
  std::optional<std::int64_t> pid{};
  std::optional<std::int32_t> exit_code{};
  std::string signal{};
  std::string reason{};
  std::string stage{};
  std::optional<std::uint64_t> delay_ms{};
  std::optional<std::uint64_t> missed{};
};
[[nodiscard]] base::Result<EventLine> parse_event(std::string_view text);

/// An input of `trace`.
struct TraceLine {
  std::uint64_t since_boot_ns = 0;
  std::string service;
  std::string input;
  std::string details;  // "pid 7, exit_code 3"
};
[[nodiscard]] base::Result<std::vector<TraceLine>> parse_trace(std::string_view text);

[[nodiscard]] base::Result<std::vector<std::string>> parse_explanation(std::string_view text);

[[nodiscard]] base::Result<ConfigReloadProgress> parse_config_reload(std::string_view text);

[[nodiscard]] base::Result<UpgradeReport> parse_upgrade(std::string_view text);

/// The names of a `logs` answer: one a descriptor, in order.
[[nodiscard]] base::Result<std::vector<std::string>> parse_log_names(std::string_view text);

}  // namespace supervisor
