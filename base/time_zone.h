// Time zones as data: when the offset from UTC changes. Parsing is pure; nothing here reads a file.
//
// A zone is what a TZif file (RFC 9636) or a POSIX TZ text ("CET-1CEST,M3.5.0,M10.5.0/3") says:
// known transitions, and a yearly rule for what comes after them. It is a plain struct that can be
// encoded, so that a process that must not touch a file system gets it from one that may.
// Local times are seconds as if they were unix time: a wall clock's reading taken for UTC.
// Threads: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace base {

struct TimeZoneLimits {
  static constexpr std::size_t kTransitionsMax = 4096;
  static constexpr std::size_t kFileBytesMax = 256U << 10U;
};

/// A day of each year and a time on it, when the offset changes.
struct ZoneChange {
  enum class Kind : std::uint8_t { kNthWeekday, kDayWithoutLeap, kDay };
  Kind kind = Kind::kNthWeekday;
  std::int32_t month = 0;   // kNthWeekday: 1 to 12
  std::int32_t week = 0;    // kNthWeekday: 1 to 5; 5 is the last one
  std::int32_t day = 0;     // weekday, 0 is Sunday; 1 to 365 without 29 February; 0 to 365
  std::int32_t time_s = 0;  // of the wall clock before the change; may be another day's

  template <typename V>
  void visit(V& v) {
    v.field("kind", kind);
    v.field("month", month);
    v.field("week", week);
    v.field("day", day);
    v.field("time_s", time_s);
  }
};

/// What holds year after year.
struct ZoneRule {
  std::int32_t standard_s = 0;  // east of UTC
  bool has_summer = false;
  std::int32_t summer_s = 0;
  ZoneChange to_summer;
  ZoneChange to_standard;

  template <typename V>
  void visit(V& v) {
    v.field("standard_s", standard_s);
    v.field("has_summer", has_summer);
    v.field("summer_s", summer_s);
    v.field("to_summer", to_summer);
    v.field("to_standard", to_standard);
  }
};

struct TimeZone {
  std::string name;                       // as somebody wrote it; empty: nobody did
  std::vector<std::int64_t> transitions;  // unix seconds, ascending
  std::vector<std::int32_t> offsets_s;    // before the first transition, then from each one on
  bool has_rule = true;                   // holds from the last transition on; false: its offset
  ZoneRule rule;                          // UTC

  template <typename V>
  void visit(V& v) {
    v.field("name", name);
    v.field("transitions", transitions);
    v.field("offsets_s", offsets_s);
    v.field("has_rule", has_rule);
    v.field("rule", rule);
  }
};

/// The content of a TZif file of version 1 to 4. kDamaged: it is none; kUnavailable: it counts leap
/// seconds, which unix time does not.
[[nodiscard]] Result<TimeZone> parse_time_zone_file(std::string_view bytes);
/// A POSIX TZ text. kInvalid: it is none.
[[nodiscard]] Result<TimeZone> parse_posix_time_zone(std::string_view text);

/// Seconds east of UTC.
[[nodiscard]] std::int32_t utc_offset_s(const TimeZone& zone, std::int64_t unix_s);
/// The first instant at which the zone's clocks show `local_s`. One that they skip gives the
/// instant of the skip.
[[nodiscard]] std::int64_t find_local_time(const TimeZone& zone, std::int64_t local_s);

}  // namespace base
