// How bad a record is: the nine levels, their names, and reading them from what programs write.
//
// The names are the contract of `match.level` and of `level` in JSON output; the aliases (warning,
// err, crit, fatal, panic, emerg, ...) are read and never written. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace logging {

enum class Severity : std::uint8_t {
  kTrace,
  kDebug,
  kInfo,
  kNotice,
  kWarn,
  kError,
  kCritical,
  kAlert,
  kEmergency,
};
[[nodiscard]] constexpr auto enum_names(Severity) {
  return std::array<std::string_view, 9>{"trace", "debug",    "info",  "notice",   "warn",
                                         "error", "critical", "alert", "emergency"};
}
inline constexpr std::size_t kSeverities = 9;

[[nodiscard]] constexpr std::string_view severity_name(Severity severity) {
  return enum_names(severity)[static_cast<std::size_t>(severity)];
}

/// A name or an alias, in any case; also the numbers of syslog (0 to 7) and of bunyan and pino
/// (10 to 60).
[[nodiscard]] std::optional<Severity> parse_severity(std::string_view text);

/// Syslog's numerical severity (RFC 5424, 6.2.1), 0 to 7.
[[nodiscard]] Severity severity_of_syslog(unsigned code);

/// Looks for a level near the start of a line: `level=warn`, `"level":"warn"`, `[error]`, `WARN `,
/// `INFO:`. A word in lower case counts only in brackets or behind `level`, `lvl` or `severity`,
/// for "no error found" is no error.
[[nodiscard]] std::optional<Severity> find_severity(std::string_view line);

}  // namespace logging
