#include "logging/parse/timestamp.h"

#include <array>
#include <cstddef>

#include "base/clock.h"

namespace logging {

namespace {

constexpr std::int64_t kYearMin = 1970;
constexpr std::int64_t kYearMax = 2261;
constexpr std::uint64_t kEndNs = 9'214'646'400 * base::kNsPerSecond;  // 2262-01-01T00:00:00Z
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kDaysPerYear = 365;
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct Civil {
  std::int64_t year = 0;
  std::int64_t month = 0;  // 1 to 12
  std::int64_t day = 0;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t ns = 0;
  std::int64_t offset_s = 0;  // east of UTC
};

/// Reads a text from the left; after a failure nothing succeeds any more.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }
  [[nodiscard]] char next() const { return rest_.empty() ? '\0' : rest_.front(); }

  std::int64_t digits(std::size_t count) {
    std::int64_t number = 0;
    for (std::size_t index = 0; index < count; ++index) {
      ok_ = ok_ && !rest_.empty() && is_digit(rest_.front());
      if (!ok_) {
        return 0;
      }
      number = number * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return number;
  }
  void expect(char c) {
    ok_ = ok_ && next() == c && !rest_.empty();
    rest_.remove_prefix(ok_ ? 1 : 0);
  }
  bool accept(char c) {
    const bool taken = ok_ && !rest_.empty() && rest_.front() == c;
    rest_.remove_prefix(taken ? 1 : 0);
    return taken;
  }
  std::int64_t month_name() {
    for (std::size_t index = 0; ok_ && index < kMonths.size(); ++index) {
      if (rest_.starts_with(kMonths[index])) {
        rest_.remove_prefix(kMonths[index].size());
        return static_cast<std::int64_t>(index) + 1;
      }
    }
    ok_ = false;
    return 0;
  }
  /// The digits behind a point as nanoseconds; further ones are passed over.
  std::int64_t fraction_ns() {
    std::int64_t scale = static_cast<std::int64_t>(base::kNsPerSecond);
    std::int64_t ns = 0;
    ok_ = ok_ && is_digit(next());
    while (ok_ && is_digit(next())) {
      scale /= 10;
      ns += (rest_.front() - '0') * scale;
      rest_.remove_prefix(1);
    }
    return ns;
  }
  void time_of_day(Civil& civil) {
    civil.hour = digits(2);
    expect(':');
    civil.minute = digits(2);
    expect(':');
    civil.second = digits(2);
  }
  /// +02:00, +0200, +02
  void offset(Civil& civil) {
    const std::int64_t sign = next() == '-' ? -1 : 1;
    ok_ = ok_ && (next() == '+' || next() == '-');
    rest_.remove_prefix(ok_ ? 1 : 0);
    const std::int64_t hours = digits(2);
    std::int64_t minutes = 0;
    if (accept(':') || is_digit(next())) {
      minutes = digits(2);
    }
    ok_ = ok_ && hours <= 23 && minutes <= 59;
    civil.offset_s = sign * (hours * 3600 + minutes * 60);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

bool is_leap(std::int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

std::int64_t days_of_month(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

/// Days since 1970-01-01 of the proleptic Gregorian calendar (Hinnant's days_from_civil).
std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * kDaysPerYear + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

std::optional<std::uint64_t> to_ns(const Civil& civil) {
  if (civil.year < kYearMin || civil.year > kYearMax || civil.month < 1 || civil.month > 12 ||
      civil.day < 1 || civil.day > days_of_month(civil.year, civil.month) || civil.hour > 23 ||
      civil.minute > 59 || civil.second > 60) {
    return std::nullopt;
  }
  const std::int64_t seconds =
      days_from_civil(civil.year, civil.month, civil.day) * kSecondsPerDay + civil.hour * 3600 +
      civil.minute * 60 + civil.second - civil.offset_s;
  if (seconds < 0) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(seconds) * base::kNsPerSecond +
         static_cast<std::uint64_t>(civil.ns);
}

/// The year's digits, then `separator` between the parts: 2024-01-02, 2024/01/02.
std::optional<std::uint64_t> parse_dated(std::string_view text, char separator) {
  Scanner scan(text);
  Civil civil;
  civil.year = scan.digits(4);
  scan.expect(separator);
  civil.month = scan.digits(2);
  scan.expect(separator);
  civil.day = scan.digits(2);
  if (!scan.accept('T') && !scan.accept('t')) {
    scan.expect(' ');
  }
  scan.time_of_day(civil);
  if (scan.accept('.') || scan.accept(',')) {
    civil.ns = scan.fraction_ns();
  }
  static_cast<void>(scan.accept(' '));
  if (!scan.accept('Z') && !scan.accept('z') && scan.ok() && !scan.at_end()) {
    scan.offset(civil);
  }
  return scan.at_end() ? to_ns(civil) : std::nullopt;
}

std::optional<std::uint64_t> scaled_unix(std::uint64_t number, std::size_t digits) {
  std::uint64_t scale = base::kNsPerSecond;
  if (digits >= 18) {
    scale = 1;
  } else if (digits >= 15) {
    scale = 1'000;
  } else if (digits >= 12) {
    scale = base::kNsPerMs;
  }
  std::uint64_t ns = 0;
  const bool fits = !__builtin_mul_overflow(number, scale, &ns) && ns < kEndNs;
  return fits ? std::optional(ns) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_rfc3339(std::string_view text) {
  return parse_dated(text, '-');
}

std::optional<std::uint64_t> parse_unix_time(std::string_view text) {
  constexpr std::size_t kDigitsMax = 19;
  std::uint64_t number = 0;
  std::size_t digits = 0;
  while (digits < text.size() && digits <= kDigitsMax && is_digit(text[digits])) {
    number = number * 10 + static_cast<std::uint64_t>(text[digits] - '0');
    ++digits;
  }
  if (digits == 0 || digits > kDigitsMax) {
    return std::nullopt;
  }
  const auto whole = scaled_unix(number, digits);
  if (digits == text.size() || !whole) {
    return whole;
  }
  Scanner scan(text.substr(digits));
  scan.expect('.');
  // A fraction of anything but seconds is below our resolution or no time at all.
  const auto fraction = static_cast<std::uint64_t>(scan.fraction_ns());
  if (!scan.at_end() || digits >= 18) {
    return std::nullopt;
  }
  const std::uint64_t unit = digits >= 15 ? 1'000'000 : digits >= 12 ? 1'000 : 1;
  return *whole + fraction / unit;
}

std::optional<std::uint64_t> parse_common_log_time(std::string_view text) {
  Scanner scan(text);
  Civil civil;
  civil.day = scan.digits(2);
  scan.expect('/');
  civil.month = scan.month_name();
  scan.expect('/');
  civil.year = scan.digits(4);
  scan.expect(':');
  scan.time_of_day(civil);
  scan.expect(' ');
  scan.offset(civil);
  return scan.at_end() ? to_ns(civil) : std::nullopt;
}

std::optional<std::uint64_t> parse_syslog_time(std::string_view text, std::uint64_t near_ns) {
  Scanner scan(text);
  Civil civil;
  civil.month = scan.month_name();
  scan.expect(' ');
  civil.day = scan.accept(' ') ? scan.digits(1) : scan.digits(2);
  scan.expect(' ');
  scan.time_of_day(civil);
  if (!scan.at_end()) {
    return std::nullopt;
  }
  const auto near_year =
      kYearMin + static_cast<std::int64_t>(near_ns / base::kNsPerSecond) / 31'556'952;
  std::optional<std::uint64_t> best;
  for (std::int64_t year = near_year - 1; year <= near_year + 1; ++year) {
    civil.year = year;
    const auto ns = to_ns(civil);
    const auto distance = [near_ns](std::uint64_t at) {
      return at > near_ns ? at - near_ns : near_ns - at;
    };
    if (ns && (!best || distance(*ns) < distance(*best))) {
      best = ns;
    }
  }
  return best;
}

std::optional<std::uint64_t> parse_time(std::string_view text, std::uint64_t near_ns) {
  if (text.size() < 9) {
    return std::nullopt;
  }
  if (text[4] == '-') {
    return parse_rfc3339(text);
  }
  if (text[4] == '/') {
    return parse_dated(text, '/');
  }
  if (text[2] == '/') {
    return parse_common_log_time(text);
  }
  return is_digit(text[0]) ? parse_unix_time(text) : parse_syslog_time(text, near_ns);
}

}  // namespace logging
