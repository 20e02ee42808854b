// Small pure functions over text: durations, sizes, nearest names, globs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace base {

/// "250ms" "10s" "5m" "1h30m" "7d" in nanoseconds. A bare number is an error with a hint.
[[nodiscard]] Result<std::uint64_t> parse_duration_ns(std::string_view text);
[[nodiscard]] std::string format_duration(std::uint64_t ns);  // the shortest exact spelling

/// "64KiB" "10MB" "1GiB" "512" in bytes (KB MB GB TB are powers of 1000).
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);  // the shortest exact spelling

[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view digits);

/// The candidate with the least edit distance to `name`, if one is near enough to be a typing
/// error.
[[nodiscard]] std::optional<std::string> nearest(std::string_view name,
                                                 std::span<const std::string> candidates);

/// Shell-like: `*`, `?`; no classes, no special slash.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trim(std::string_view text);  // spaces, tabs, CR, LF

/// RFC 3339 in UTC with milliseconds: "2024-01-02T03:04:05.678Z".
[[nodiscard]] std::string format_rfc3339_ms(std::uint64_t realtime_ns);

}  // namespace base
