#include "base/date_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/check.h"
#include "base/clock.h"

namespace base {

namespace {

struct Conversion {
  char letter;
  std::string_view shape;  // d: a digit
};
constexpr std::array<Conversion, 14> kConversions{{{'Y', "dddd"},
                                                   {'y', "dd"},
                                                   {'m', "dd"},
                                                   {'d', "dd"},
                                                   {'H', "dd"},
                                                   {'M', "dd"},
                                                   {'S', "dd"},
                                                   {'j', "ddd"},
                                                   {'G', "dddd"},
                                                   {'V', "dd"},
                                                   {'u', "d"},
                                                   {'F', "dddd-dd-dd"},
                                                   {'T', "dd:dd:dd"},
                                                   {'%', "%"}}};

const Conversion* find_conversion(char letter) {
  const auto* const found = std::ranges::find(kConversions, letter, &Conversion::letter);
  return found == kConversions.end() ? nullptr : found;
}

}  // namespace

std::optional<std::string> find_date_format_error(std::string_view format) {
  bool has_date = false;
  for (std::size_t at = format.find('%'); at != format.npos; at = format.find('%', at + 2)) {
    if (at + 1 == format.size() || find_conversion(format[at + 1]) == nullptr) {
      return fmt::format(
          "\"{}\" is no part of a date (known are %Y %y %m %d %H %M %S %j %G %V %u "
          "%F %T %%)",
          format.substr(at, 2));
    }
    has_date = has_date || format[at + 1] != '%';
  }
  if (!has_date) {
    return fmt::format("\"{}\" names no part of a date; write {{date:%F}} for 2024-01-02", format);
  }
  return std::nullopt;
}

std::string format_date(std::string_view format, std::uint64_t realtime_ns) {
  const auto seconds = static_cast<std::time_t>(realtime_ns / kNsPerSecond);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::string text;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      text += format[at];
      continue;
    }
    ++at;
    ASSERT(at < format.size());
    const std::array<char, 3> one{'%', format[at], '\0'};
    std::array<char, 32> buffer{};
    text.append(buffer.data(), std::strftime(buffer.data(), buffer.size(), one.data(), &utc));
  }
  return text;
}

std::string date_shape(std::string_view format) {
  std::string shape;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      shape += format[at];
      continue;
    }
    ++at;
    ASSERT(at < format.size());
    const Conversion* const conversion = find_conversion(format[at]);
    ASSERT(conversion != nullptr);
    for (const char c : conversion->shape) {
      shape += c == 'd' ? kAnyDigit : c;
    }
  }
  return shape;
}

bool has_shape(std::string_view text, std::string_view shape) {
  return std::ranges::equal(text, shape, [](char c, char wanted) {
    return wanted == kAnyDigit ? c >= '0' && c <= '9' : c == wanted;
  });
}

}  // namespace base
