#include "supervisor/machine/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"

namespace supervisor {
namespace {

constexpr std::int64_t kMinuteS = 60;
constexpr std::int64_t kDayS = 86'400;
constexpr std::int64_t kDaysMax = 146'097;  // the calendar repeats itself after 400 years
constexpr std::uint64_t kEveryMinNs = base::kNsPerSecond;
constexpr std::uint64_t kEveryMaxNs = 366UL * 24 * 3600 * base::kNsPerSecond;

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};

struct FieldRule {
  std::string_view what;
  unsigned least;
  unsigned most;
  std::span<const std::string_view> names;  // of `least`, of the one after it, ...
};

constexpr FieldRule kMinute{"minute", 0, 59, {}};
constexpr FieldRule kHour{"hour", 0, 23, {}};
constexpr FieldRule kDay{"day of the month", 1, 31, {}};
constexpr FieldRule kMonth{"month", 1, 12, kMonths};
constexpr FieldRule kWeekday{"day of the week", 0, 7, kWeekdays};

struct Nickname {
  std::string_view name;
  std::string_view fields;
};
constexpr std::array<Nickname, 7> kNicknames{{{"@hourly", "0 * * * *"},
                                              {"@daily", "0 0 * * *"},
                                              {"@midnight", "0 0 * * *"},
                                              {"@weekly", "0 0 * * 0"},
                                              {"@monthly", "0 0 1 * *"},
                                              {"@yearly", "0 0 1 1 *"},
                                              {"@annually", "0 0 1 1 *"}}};

base::Unexpected invalid(std::string message) {
  return base::fail(base::ErrorCode::kInvalid, std::move(message));
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  constexpr std::string_view kBlanks = " \t";
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlanks, end);
  }
  return words;
}

base::Result<unsigned> parse_value(std::string_view word, const FieldRule& rule) {
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (const auto name = std::ranges::find(rule.names, lower); name != rule.names.end()) {
    return rule.least + static_cast<unsigned>(name - rule.names.begin());
  }
  const auto number = base::parse_decimal(word);
  if (!number || *number < rule.least || *number > rule.most) {
    return invalid(fmt::format("\"{}\" is no {}, {} to {}{}", word, rule.what, rule.least,
                               rule.most, rule.names.empty() ? "" : " or a name of three letters"));
  }
  return static_cast<unsigned>(*number);
}

struct Range {
  unsigned first = 0;
  unsigned last = 0;
};

base::Result<Range> parse_range(std::string_view word, const FieldRule& rule) {
  if (word == "*") {
    return Range{rule.least, rule.most};
  }
  const std::size_t dash = word.find('-');
  TRY_ASSIGN(const unsigned first, parse_value(word.substr(0, dash), rule));
  if (dash == std::string_view::npos) {
    return Range{first, first};
  }
  TRY_ASSIGN(unsigned last, parse_value(word.substr(dash + 1), rule));
  if (rule.names.data() == kWeekdays.data() && last == 0) {
    last = 7;  // FRI-SUN
  }
  if (first > last) {
    return invalid(fmt::format("\"{}\" runs backwards; write two ranges with a comma", word));
  }
  return Range{first, last};
}

/// One item of a list: a value or a range, with a step.
base::Result<std::uint64_t> parse_item(std::string_view item, const FieldRule& rule) {
  const std::size_t slash = item.find('/');
  const std::string_view word = item.substr(0, slash);
  TRY_ASSIGN(const Range range, parse_range(word, rule));
  unsigned step = 1;
  if (slash != std::string_view::npos) {
    const auto number = base::parse_decimal(item.substr(slash + 1));
    if (!number || *number == 0 || *number > rule.most) {
      return invalid(fmt::format("\"{}\" has no step from 1 to {}", item, rule.most));
    }
    if (word != "*" && word.find('-') == std::string_view::npos) {
      return invalid(fmt::format("\"{}\": a step needs a range or `*`, as in {}-{}/{}", item, word,
                                 rule.most, *number));
    }
    step = static_cast<unsigned>(*number);
  }
  std::uint64_t bits = 0;
  for (unsigned value = range.first; value <= range.last; value += step) {
    bits |= std::uint64_t{1} << value;
  }
  return bits;
}

base::Result<std::uint64_t> parse_field(std::string_view field, const FieldRule& rule) {
  std::uint64_t bits = 0;
  for (const std::string_view item : base::split(field, ',')) {
    TRY_ASSIGN(const std::uint64_t more, parse_item(item, rule));
    bits |= more;
  }
  return bits;
}

base::Result<CronFields> parse_fields(std::string_view text) {
  const std::vector<std::string_view> words = split_words(text);
  if (words.size() != 5) {
    return invalid(
        fmt::format("\"{}\" has {} fields, not five: minute, hour, day of the month, "
                    "month, day of the week",
                    text, words.size()));
  }
  CronFields fields;
  TRY_ASSIGN(fields.minutes, parse_field(words[0], kMinute));
  TRY_ASSIGN(const std::uint64_t hours, parse_field(words[1], kHour));
  TRY_ASSIGN(const std::uint64_t days, parse_field(words[2], kDay));
  TRY_ASSIGN(const std::uint64_t months, parse_field(words[3], kMonth));
  TRY_ASSIGN(const std::uint64_t weekdays, parse_field(words[4], kWeekday));
  fields.hours = static_cast<std::uint32_t>(hours);
  fields.days = static_cast<std::uint32_t>(days);
  fields.months = static_cast<std::uint32_t>(months);
  fields.weekdays = static_cast<std::uint32_t>((weekdays | weekdays >> 7U) & 0x7fU);
  fields.any_hour = words[1].starts_with('*');
  fields.any_day = words[2].starts_with('*');
  fields.any_weekday = words[4].starts_with('*');
  return fields;
}

base::Result<Schedule> parse_every(std::string_view text) {
  TRY_ASSIGN(const std::uint64_t every_ns, base::parse_duration_ns(base::trim(text)));
  if (every_ns < kEveryMinNs || every_ns > kEveryMaxNs) {
    return invalid(fmt::format("@every {} is not in 1s to 366d", base::trim(text)));
  }
  return Schedule{.every_ns = every_ns, .fields = {}};
}

// ---- the calendar ----

std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
  return value - ((value % unit) + unit) % unit;
}

bool has_bit(std::uint64_t bits, std::int64_t index) {
  return (bits >> static_cast<unsigned>(index) & 1U) != 0;
}

bool day_matches(const CronFields& fields, std::int64_t day) {
  const std::chrono::sys_days date{std::chrono::days(day)};
  const std::chrono::year_month_day parts(date);
  if (!has_bit(fields.months, static_cast<unsigned>(parts.month()))) {
    return false;
  }
  const bool by_day = has_bit(fields.days, static_cast<unsigned>(parts.day()));
  const bool by_weekday = has_bit(fields.weekdays, std::chrono::weekday(date).c_encoding());
  return fields.any_day || fields.any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

bool minute_matches(const CronFields& fields, std::int64_t second_of_day) {
  return has_bit(fields.hours, second_of_day / 3600) &&
         has_bit(fields.minutes, second_of_day / kMinuteS % 60);
}

/// The first local time that matches and is not before `from_s`, a whole minute.
std::optional<std::int64_t> find_match(const CronFields& fields, std::int64_t from_s) {
  std::int64_t day = floor_to(from_s, kDayS) / kDayS;
  std::int64_t second = from_s - day * kDayS;
  for (const std::int64_t last = day + kDaysMax; day <= last; ++day, second = 0) {
    if (!day_matches(fields, day)) {
      continue;
    }
    for (; second < kDayS; second += kMinuteS) {
      if (minute_matches(fields, second)) {
        return day * kDayS + second;
      }
    }
  }
  return std::nullopt;
}

/// Fixed hours: what find_local_time() makes of a later local time is never earlier.
std::optional<std::int64_t> find_fixed(const CronFields& fields, const base::TimeZone& zone,
                                       std::int64_t after_s) {
  std::int64_t local_s = floor_to(after_s + base::utc_offset_s(zone, after_s), kMinuteS);
  for (;; local_s += kMinuteS) {
    const auto match = find_match(fields, local_s);
    if (!match) {
      return std::nullopt;
    }
    local_s = *match;
    if (const std::int64_t run_s = base::find_local_time(zone, local_s); run_s > after_s) {
      return run_s;
    }
  }
}

/// Any hour: whenever the clocks show a minute that matches. The match is right as long as the
/// offset stays, so a change of it on the way makes the search begin anew from there.
std::optional<std::int64_t> find_by_clock(const CronFields& fields, const base::TimeZone& zone,
                                          std::int64_t after_s) {
  for (;;) {
    const std::int64_t offset_s = base::utc_offset_s(zone, after_s);
    const auto match = find_match(fields, floor_to(after_s + offset_s, kMinuteS) + kMinuteS);
    if (!match) {
      return std::nullopt;
    }
    const std::int64_t run_s = *match - offset_s;
    std::int64_t same_s = after_s;  // the offset is known to be the same until here
    while (same_s < run_s) {
      const std::int64_t next_s = std::min(same_s + kDayS, run_s);
      if (base::utc_offset_s(zone, next_s) != offset_s) {
        break;
      }
      same_s = next_s;
    }
    if (same_s == run_s) {
      return run_s;
    }
    std::int64_t changed_s = std::min(same_s + kDayS, run_s);
    while (changed_s - same_s > 1) {
      const std::int64_t middle_s = same_s + (changed_s - same_s) / 2;
      (base::utc_offset_s(zone, middle_s) == offset_s ? same_s : changed_s) = middle_s;
    }
    // The minute that begins with the change counts too.
    const std::int64_t local_s = changed_s + base::utc_offset_s(zone, changed_s);
    if (floor_to(local_s, kMinuteS) == local_s && find_match(fields, local_s) == local_s) {
      return changed_s;
    }
    after_s = changed_s;
  }
}

}  // namespace

base::Result<Schedule> parse_schedule(std::string_view text) {
  constexpr std::string_view kEvery = "@every ";
  text = base::trim(text);
  if (text.starts_with(kEvery)) {
    return parse_every(text.substr(kEvery.size()));
  }
  if (text.starts_with('@')) {
    const auto found = std::ranges::find(kNicknames, text, &Nickname::name);
    if (found == kNicknames.end()) {
      return invalid(
          fmt::format("there is no \"{}\"; there are @every DURATION, @hourly, @daily, "
                      "@weekly, @monthly and @yearly",
                      text));
    }
    text = found->fields;
  }
  Schedule schedule;
  TRY_ASSIGN(schedule.fields, parse_fields(text));
  if (!find_match(schedule.fields, 0)) {
    return invalid(fmt::format("\"{}\" never comes: no such month has such a day", text));
  }
  return schedule;
}

std::optional<std::int64_t> find_next_run(const CronFields& fields, const base::TimeZone& zone,
                                          std::int64_t after_s) {
  return fields.any_hour ? find_by_clock(fields, zone, after_s) : find_fixed(fields, zone, after_s);
}

}  // namespace supervisor
