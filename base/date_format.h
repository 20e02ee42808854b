// Dates in UTC by a format of strftime's letters, such as "%F" or "%Y/%m/%d-%H".
//
// Only letters that give digits of a fixed width: %Y %y %m %d %H %M %S %j %G %V %u, %F and %T for
// the usual combinations, %% for a percent sign. So a date in a file's name can be recognized
// again. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// What is wrong with a format, to be put behind "cannot use ...: "; nothing when all is well.
[[nodiscard]] std::optional<std::string> find_date_format_error(std::string_view format);

/// Precondition of both: a format without an error.
[[nodiscard]] std::string format_date(std::string_view format, std::uint64_t realtime_ns);

/// What every date of this format looks like: kAnyDigit where a digit stands.
inline constexpr char kAnyDigit = '\0';
[[nodiscard]] std::string date_shape(std::string_view format);

/// `text` is `shape` with digits in the places of kAnyDigit.
[[nodiscard]] bool has_shape(std::string_view text, std::string_view shape);

}  // namespace base
