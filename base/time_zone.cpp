#include "base/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"

namespace base {
namespace {

constexpr std::int64_t kDayS = 86'400;
// No offset is larger (-12 h to +14 h; POSIX allows 24), so a local time is within it of its
// instant.
constexpr std::int64_t kOffsetMaxS = 26 * 3600;

std::int64_t first_day(std::int64_t year) {
  return (std::chrono::sys_days(std::chrono::year(static_cast<int>(year)) / 1 / 1) -
          std::chrono::sys_days())
      .count();
}

std::int64_t year_of(std::int64_t unix_s) {
  const std::chrono::sys_days day(std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(unix_s))));
  return static_cast<int>(std::chrono::year_month_day(day).year());
}

std::int64_t find_day(const ZoneChange& change, std::int64_t year) {
  const std::chrono::year of(static_cast<int>(year));
  switch (change.kind) {
    case ZoneChange::Kind::kDayWithoutLeap:
      return first_day(year) + change.day - 1 + (of.is_leap() && change.day >= 60 ? 1 : 0);
    case ZoneChange::Kind::kDay:
      return first_day(year) + change.day;
    case ZoneChange::Kind::kNthWeekday:
      break;
  }
  const auto month = of / std::chrono::month(static_cast<unsigned>(change.month));
  const std::chrono::weekday weekday(static_cast<unsigned>(change.day));
  const std::chrono::sys_days day =
      change.week == 5 ? std::chrono::sys_days(month / weekday[std::chrono::last])
                       : std::chrono::sys_days(month / weekday[static_cast<unsigned>(change.week)]);
  return (day - std::chrono::sys_days()).count();
}

std::int32_t offset_by_rule(const ZoneRule& rule, std::int64_t unix_s) {
  if (!rule.has_summer) {
    return rule.standard_s;
  }
  const std::int64_t year = year_of(unix_s + rule.standard_s);
  const auto at = [year](const ZoneChange& change, std::int32_t offset_before_s) {
    return find_day(change, year) * kDayS + change.time_s - offset_before_s;
  };
  const std::int64_t to_summer = at(rule.to_summer, rule.standard_s);
  const std::int64_t to_standard = at(rule.to_standard, rule.summer_s);
  const bool is_summer = to_summer < to_standard
                             ? unix_s >= to_summer && unix_s < to_standard
                             : unix_s >= to_summer || unix_s < to_standard;  // in the south
  return is_summer ? rule.summer_s : rule.standard_s;
}

// ---- POSIX TZ ----

class PosixText {
 public:
  explicit PosixText(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool parse(ZoneRule& rule) {
    std::int32_t west_s = 0;
    if (!take_name() || !take_time(west_s, 24)) {
      return false;
    }
    rule.standard_s = -west_s;
    if (rest_.empty()) {
      return true;
    }
    rule.has_summer = take_name();
    rule.summer_s = rule.standard_s + 3600;
    if (rule.has_summer && !rest_.empty() && rest_.front() != ',') {
      if (!take_time(west_s, 24)) {
        return false;
      }
      rule.summer_s = -west_s;
    }
    return rule.has_summer && take_change(rule.to_summer) && take_change(rule.to_standard) &&
           rest_.empty();
  }

 private:
  bool take(char c) {
    const bool is_there = rest_.starts_with(c);
    rest_.remove_prefix(is_there ? 1 : 0);
    return is_there;
  }
  bool take_name() {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    std::size_t length = 0;
    if (take('<')) {
      length = rest_.find('>');
      if (length == std::string_view::npos || length < 3) {
        return false;
      }
      rest_.remove_prefix(length + 1);
      return true;
    }
    while (length < rest_.size() && is_letter(rest_[length])) {
      ++length;
    }
    rest_.remove_prefix(length);
    return length >= 3;
  }
  bool take_number(std::int32_t& number, std::int32_t least, std::int32_t most) {
    std::int32_t value = 0;
    std::size_t length = 0;
    while (length < rest_.size() && length < 3 && rest_[length] >= '0' && rest_[length] <= '9') {
      value = value * 10 + (rest_[length++] - '0');
    }
    rest_.remove_prefix(length);
    number = value;
    return length > 0 && value >= least && value <= most;
  }
  /// [+-]hh[:mm[:ss]]
  bool take_time(std::int32_t& time_s, std::int32_t hours_max) {
    const bool is_negative = take('-');
    static_cast<void>(is_negative || take('+'));
    std::int32_t hours = 0;
    std::int32_t minutes = 0;
    std::int32_t seconds = 0;
    const bool is_time = take_number(hours, 0, hours_max) &&
                         (!take(':') || (take_number(minutes, 0, 59) &&
                                         (!take(':') || take_number(seconds, 0, 59))));
    time_s = (hours * 3600 + minutes * 60 + seconds) * (is_negative ? -1 : 1);
    return is_time;
  }
  bool take_day(ZoneChange& change) {
    if (take('M')) {
      change.kind = ZoneChange::Kind::kNthWeekday;
      return take_number(change.month, 1, 12) && take('.') && take_number(change.week, 1, 5) &&
             take('.') && take_number(change.day, 0, 6);
    }
    change.kind = take('J') ? ZoneChange::Kind::kDayWithoutLeap : ZoneChange::Kind::kDay;
    return take_number(change.day, change.kind == ZoneChange::Kind::kDay ? 0 : 1, 365);
  }
  bool take_change(ZoneChange& change) {
    change.time_s = 2 * 3600;
    return take(',') && take_day(change) && (!take('/') || take_time(change.time_s, 167));
  }

  std::string_view rest_;
};

// ---- TZif ----

struct FileHeader {
  char version = 0;
  std::size_t utc_count = 0;
  std::size_t standard_count = 0;
  std::size_t leap_count = 0;
  std::size_t time_count = 0;
  std::size_t type_count = 0;
  std::size_t letter_count = 0;

  [[nodiscard]] std::size_t block_bytes(std::size_t time_bytes) const {
    return time_count * (time_bytes + 1) + type_count * 6 + letter_count +
           leap_count * (time_bytes + 4) + standard_count + utc_count;
  }
};

constexpr std::size_t kHeaderBytes = 44;

std::int64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) {
    value = value << 8U | static_cast<unsigned char>(c);
  }
  const auto unused = static_cast<unsigned>(64 - bytes.size() * 8);
  return static_cast<std::int64_t>(value << unused) >> unused;  // the sign comes along
}

Unexpected damaged() {
  return fail(ErrorCode::kDamaged, "it is no time zone file");
}

/// Takes the header off `bytes`.
Result<FileHeader> take_header(std::string_view& bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with("TZif")) {
    return damaged();
  }
  FileHeader header;
  header.version = bytes[4];
  std::size_t at = 20;
  for (std::size_t* count : {&header.utc_count, &header.standard_count, &header.leap_count,
                             &header.time_count, &header.type_count, &header.letter_count}) {
    *count = static_cast<std::uint32_t>(read_big_endian(bytes.substr(at, 4)));
    at += 4;
    if (*count > TimeZoneLimits::kTransitionsMax) {
      return damaged();
    }
  }
  bytes.remove_prefix(kHeaderBytes);
  return header;
}

/// Takes the data block off `bytes`.
Result<TimeZone> take_block(std::string_view& bytes, const FileHeader& header,
                            std::size_t time_bytes) {
  if (bytes.size() < header.block_bytes(time_bytes) || header.type_count == 0) {
    return damaged();
  }
  if (header.leap_count != 0) {
    return fail(ErrorCode::kUnavailable,
                "it counts leap seconds; take the zone without \"right/\"");
  }
  const std::string_view indices = bytes.substr(header.time_count * time_bytes);
  const std::string_view types = indices.substr(header.time_count);
  const auto offset_of = [&](std::size_t type) {
    return static_cast<std::int32_t>(read_big_endian(types.substr(type * 6, 4)));
  };
  TimeZone zone;
  zone.has_rule = false;
  zone.offsets_s.push_back(offset_of(0));
  for (std::size_t index = 0; index < header.time_count; ++index) {
    const std::size_t type = static_cast<unsigned char>(indices[index]);
    const std::int64_t at = read_big_endian(bytes.substr(index * time_bytes, time_bytes));
    if (type >= header.type_count || (index > 0 && at <= zone.transitions.back())) {
      return damaged();
    }
    zone.transitions.push_back(at);
    zone.offsets_s.push_back(offset_of(type));
  }
  if (std::ranges::any_of(zone.offsets_s,
                          [](auto s) { return s < -kOffsetMaxS || s > kOffsetMaxS; })) {
    return damaged();
  }
  bytes.remove_prefix(header.block_bytes(time_bytes));
  return zone;
}

}  // namespace

Result<TimeZone> parse_posix_time_zone(std::string_view text) {
  TimeZone zone;
  zone.name = text;
  if (!PosixText(text).parse(zone.rule)) {
    return fail(ErrorCode::kInvalid,
                "it is no POSIX time zone like \"CET-1CEST,M3.5.0,M10.5.0/3\"");
  }
  return zone;
}

Result<TimeZone> parse_time_zone_file(std::string_view bytes) {
  TRY_ASSIGN(FileHeader header, take_header(bytes));
  if (header.version == 0) {
    return take_block(bytes, header, 4);
  }
  if (bytes.size() < header.block_bytes(4)) {
    return damaged();
  }
  bytes.remove_prefix(header.block_bytes(4));
  TRY_ASSIGN(header, take_header(bytes));
  TRY_ASSIGN(TimeZone zone, take_block(bytes, header, 8));
  const std::size_t end = bytes.find('\n', 1);
  if (!bytes.starts_with('\n') || end == std::string_view::npos) {
    return damaged();
  }
  if (const std::string_view rule = bytes.substr(1, end - 1); !rule.empty()) {
    TRY_ASSIGN(const TimeZone after, parse_posix_time_zone(rule));
    zone.rule = after.rule;
    zone.has_rule = true;
  }
  return zone;
}

std::int32_t utc_offset_s(const TimeZone& zone, std::int64_t unix_s) {
  const auto next = std::ranges::upper_bound(zone.transitions, unix_s);
  if (next == zone.transitions.end() && zone.has_rule) {
    return offset_by_rule(zone.rule, unix_s);
  }
  const auto index = static_cast<std::size_t>(next - zone.transitions.begin());
  return index < zone.offsets_s.size() ? zone.offsets_s[index] : 0;
}

std::int64_t find_local_time(const TimeZone& zone, std::int64_t local_s) {
  std::int64_t before = local_s - kOffsetMaxS;
  std::int64_t behind = local_s + kOffsetMaxS;
  const std::int32_t early_s = utc_offset_s(zone, before);
  const std::int32_t late_s = utc_offset_s(zone, behind);
  const std::int64_t first = local_s - std::max(early_s, late_s);
  const std::int64_t second = local_s - std::min(early_s, late_s);
  for (const std::int64_t instant : {first, second}) {
    if (instant + utc_offset_s(zone, instant) == local_s) {
      return instant;
    }
  }
  while (behind - before > 1) {  // skipped: the first instant at which the clocks show more
    const std::int64_t middle = before + (behind - before) / 2;
    (middle + utc_offset_s(zone, middle) < local_s ? before : behind) = middle;
  }
  return behind;
}

}  // namespace base
