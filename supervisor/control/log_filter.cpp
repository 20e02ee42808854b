#include "supervisor/control/log_filter.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

#include "base/clock.h"
#include "base/text.h"

namespace supervisor {

namespace {

/// Takes what strptime understands from the front of `text`; false leaves it alone.
bool take_time(std::string_view& text, const char* format, std::tm& into) {
  const std::string copy(text);
  std::tm tried = into;
  const char* rest = ::strptime(copy.c_str(), format, &tried);
  if (rest == nullptr) {
    return false;
  }
  into = tried;
  text.remove_prefix(static_cast<std::size_t>(rest - copy.c_str()));
  return true;
}

/// ".678", up to nine digits, as nanoseconds; nothing there is 0.
std::optional<std::uint64_t> take_fraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') {
    return 0;
  }
  text.remove_prefix(1);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 9) {
    return std::nullopt;
  }
  std::string nine(text.substr(0, digits));
  nine.resize(9, '0');
  text.remove_prefix(digits);
  return base::parse_decimal(nine);
}

/// Z, +02:00, -0500 or nothing, as seconds east of UTC.
std::optional<std::int64_t> take_zone(std::string_view& text) {
  if (text.empty() || text == "Z") {
    text = {};
    return 0;
  }
  const bool west = text[0] == '-';
  std::tm zone{};
  std::string_view rest = text.substr(1);
  const bool known =
      (west || text[0] == '+') && (take_time(rest, "%H:%M", zone) || take_time(rest, "%H%M", zone));
  if (!known) {
    return std::nullopt;
  }
  text = rest;
  const std::int64_t seconds = zone.tm_hour * 3600L + zone.tm_min * 60L;
  return west ? -seconds : seconds;
}

}  // namespace

std::optional<std::uint64_t> parse_calendar(std::string_view text) {
  std::tm time{};
  if (!take_time(text, "%Y-%m-%d", time)) {
    return std::nullopt;
  }
  std::optional<std::uint64_t> fraction = 0;
  std::optional<std::int64_t> zone = 0;
  if (!text.empty()) {
    if (text[0] != 'T' && text[0] != ' ') {
      return std::nullopt;
    }
    text.remove_prefix(1);
    if (take_time(text, "%H:%M:%S", time)) {
      fraction = take_fraction(text);
    } else if (!take_time(text, "%H:%M", time)) {
      return std::nullopt;
    }
    zone = take_zone(text);
  }
  const std::int64_t seconds = ::timegm(&time) - zone.value_or(0);
  if (!fraction || !zone || !text.empty() || seconds < 0) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(seconds) * base::kNsPerSecond + *fraction;
}

base::Result<std::uint64_t> parse_moment(std::string_view text, std::uint64_t now_ns) {
  if (const auto seconds = base::parse_decimal(text);
      seconds && *seconds <= UINT64_MAX / base::kNsPerSecond) {
    return *seconds * base::kNsPerSecond;
  }
  if (const auto ago = base::parse_duration_ns(text)) {
    return *ago > now_ns ? 0 : now_ns - *ago;
  }
  if (const auto moment = parse_calendar(text)) {
    return *moment;
  }
  return base::fail(base::ErrorCode::kInvalid,
                    fmt::format("cannot understand the time '{}'; write how long ago (5m), "
                                "2024-01-02, 2024-01-02T03:04:05Z or seconds since 1970",
                                text));
}

LinePattern::Compiled::~Compiled() {
  if (valid) {
    ::regfree(&regex);
  }
}

base::Result<LinePattern> LinePattern::compile(const std::string& pattern) {
  auto compiled = std::make_unique<Compiled>();
  const int code = ::regcomp(&compiled->regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB);
  if (code != 0) {
    std::array<char, 256> why{};
    ::regerror(code, &compiled->regex, why.data(), why.size());
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot search for '{}': {}", pattern, why.data()));
  }
  compiled->valid = true;
  return LinePattern(std::move(compiled));
}

bool LinePattern::finds_in(const std::string& text) const {
  for (std::size_t at = 0; at <= text.size();) {
    if (::regexec(&compiled_->regex, text.c_str() + at, 0, nullptr, 0) == 0) {
      return true;
    }
    const std::size_t nul = text.find('\0', at);
    if (nul == std::string::npos) {
      break;
    }
    at = nul + 1;
  }
  return false;
}

bool LogFilter::takes(const LogLine& line) const {
  return (!stream || line.stream == *stream) && (!since_ns || line.time_ns >= *since_ns) &&
         (!until_ns || line.time_ns < *until_ns) && (!pattern || pattern->finds_in(line.text));
}

}  // namespace supervisor
