// Times as programs write them, in nanoseconds since 1970.
//
//     RFC 3339     2024-01-02T03:04:05.678Z, +02:00, a blank instead of T, no zone: UTC
//     unix         1704164645, ...645.678, and 13, 16 or 19 digits: ms, us, ns
//     common log   02/Jan/2024:03:04:05 +0200 (nginx, apache)
//     nginx error  2024/01/02 03:04:05
//     syslog       Jan  2 03:04:05 (RFC 3164: without a year; the one nearest to `near_ns`, UTC)
//
// A total function of any bytes: nothing that is not a whole valid time is taken for one. Years are
// 1970 to 2261 (what 64 bits of nanoseconds hold). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace logging {

/// Any of the forms above.
[[nodiscard]] std::optional<std::uint64_t> parse_time(std::string_view text, std::uint64_t near_ns);

[[nodiscard]] std::optional<std::uint64_t> parse_rfc3339(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_unix_time(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_common_log_time(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_syslog_time(std::string_view text,
                                                             std::uint64_t near_ns);

}  // namespace logging
