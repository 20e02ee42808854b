// When a scheduled service runs: crontab(5)'s five fields, @every, and the arithmetic of both.
//
// The fields are minute, hour, day of the month, month, day of the week; lists (1,15), ranges
// (9-17), steps (*/5, 9-17/2), names (JAN, mon); 0 and 7 are Sunday. A day has to match both day
// fields if one of them begins with `*`, else either (crontab(5)).
//
// Summer time, for a schedule with fixed hours: a local time that the clocks skip runs at the
// instant of the skip, once if several fall into it; one that the clocks show twice runs the first
// time only. A schedule whose hours are any (the field begins with `*`) follows the clocks as they
// go instead, so that "every five minutes" has no pause of an hour and no run too many.
// Pure. Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time_zone.h"

namespace supervisor {

struct CronFields {
  std::uint64_t minutes = 0;  // bit n: minute n; the others alike
  std::uint32_t hours = 0;
  std::uint32_t days = 0;      // bits 1 to 31
  std::uint32_t months = 0;    // bits 1 to 12
  std::uint32_t weekdays = 0;  // bits 0 to 6, 0 is Sunday
  bool any_hour = false;       // the field begins with `*`
  bool any_day = false;
  bool any_weekday = false;

  friend bool operator==(const CronFields&, const CronFields&) = default;
};

struct Schedule {
  std::uint64_t every_ns = 0;  // 0: by the fields
  CronFields fields;

  [[nodiscard]] bool is_every() const { return every_ns != 0; }
  friend bool operator==(const Schedule&, const Schedule&) = default;
};

/// "*/5 * * * *", "@every 30s", @hourly @daily @midnight @weekly @monthly @yearly @annually.
/// kInvalid: what is wrong with it, also that it never runs ("0 0 31 2 *").
[[nodiscard]] base::Result<Schedule> parse_schedule(std::string_view text);

/// The first run after `after_s`, in unix seconds. nullopt: it never runs again.
[[nodiscard]] std::optional<std::int64_t> find_next_run(const CronFields& fields,
                                                        const base::TimeZone& zone,
                                                        std::int64_t after_s);

}  // namespace supervisor
