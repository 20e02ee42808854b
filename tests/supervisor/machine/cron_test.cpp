// Covers supervisor/machine/cron.h: tables worked out by hand, and a slow twin that walks minute by
// minute.
#include "supervisor/machine/cron.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

namespace supervisor {
namespace {

constexpr std::string_view kUtc = "UTC0";
constexpr std::string_view kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr std::string_view kNewYork = "EST5EDT,M3.2.0,M11.1.0";

/// "2026-03-29 01:00", in UTC.
std::int64_t utc(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::sscanf(text.c_str(), "%d-%u-%u %d:%d:%d", &year, &month, &day, &hour, &minute, &second);
  const std::chrono::sys_days date(std::chrono::year(year) / std::chrono::month(month) /
                                   std::chrono::day(day));
  return date.time_since_epoch().count() * 86'400LL + hour * 3'600 + minute * 60 + second;
}

std::string show(std::int64_t unix_s) {
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_s)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const auto second = (at - day).count();
  return fmt::format("{}-{:02}-{:02} {:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     second / 3'600, second / 60 % 60);
}

/// The runs after `after`, all in UTC.
std::vector<std::string> runs(const std::string& schedule, std::string_view zone,
                              const std::string& after, std::size_t count) {
  const Schedule parsed = parse_schedule(schedule).value();
  const base::TimeZone time_zone = base::parse_posix_time_zone(zone).value();
  std::vector<std::string> shown;
  for (std::int64_t at = utc(after); shown.size() < count;) {
    const auto next = find_next_run(parsed.fields, time_zone, at);
    if (!next) {
      break;
    }
    at = *next;
    shown.push_back(show(at));
  }
  return shown;
}

using Runs = std::vector<std::string>;

TEST(CronTest, ListsRangesStepsAndNames) {
  EXPECT_EQ(runs("*/20 * * * *", kUtc, "2026-01-01 00:00", 3),
            (Runs{"2026-01-01 00:20", "2026-01-01 00:40", "2026-01-01 01:00"}));
  EXPECT_EQ(runs("5,10 9-17/4 * * *", kUtc, "2026-01-01 09:05", 3),
            (Runs{"2026-01-01 09:10", "2026-01-01 13:05", "2026-01-01 13:10"}));
  EXPECT_EQ(runs("0 0 1 JAN,jul *", kUtc, "2026-01-01 00:00", 2),
            (Runs{"2026-07-01 00:00", "2027-01-01 00:00"}));
  EXPECT_EQ(runs("0 8 * * mon-FRI", kUtc, "2026-01-02 08:00", 2),  // a Friday
            (Runs{"2026-01-05 08:00", "2026-01-06 08:00"}));
  EXPECT_EQ(runs("0 8 * * fri-sun", kUtc, "2026-01-01 08:00", 4),
            (Runs{"2026-01-02 08:00", "2026-01-03 08:00", "2026-01-04 08:00", "2026-01-09 08:00"}));
}

TEST(CronTest, SundayIsZeroAndSeven) {
  const Runs sundays{"2026-01-04 00:00", "2026-01-11 00:00"};
  EXPECT_EQ(runs("0 0 * * 0", kUtc, "2026-01-01 00:00", 2), sundays);
  EXPECT_EQ(runs("0 0 * * 7", kUtc, "2026-01-01 00:00", 2), sundays);
  EXPECT_EQ(runs("@weekly", kUtc, "2026-01-01 00:00", 2), sundays);
}

TEST(CronTest, EitherDayFieldMayMatchUnlessOneBeginsWithAStar) {
  EXPECT_EQ(runs("0 0 13 * 5", kUtc, "2026-02-01 00:00", 4),
            (Runs{"2026-02-06 00:00", "2026-02-13 00:00", "2026-02-20 00:00", "2026-02-27 00:00"}));
  EXPECT_EQ(runs("0 0 13 * 1", kUtc, "2026-02-10 00:00", 2),
            (Runs{"2026-02-13 00:00", "2026-02-16 00:00"}));
  EXPECT_EQ(runs("0 0 */2 * 1", kUtc, "2026-02-01 00:00", 2),  // odd days that are Mondays
            (Runs{"2026-02-09 00:00", "2026-02-23 00:00"}));
}

TEST(CronTest, DaysThatAMonthDoesNotHaveAreSkipped) {
  EXPECT_EQ(runs("0 0 31 * *", kUtc, "2026-01-31 00:00", 3),
            (Runs{"2026-03-31 00:00", "2026-05-31 00:00", "2026-07-31 00:00"}));
  EXPECT_EQ(runs("0 0 29 2 *", kUtc, "2026-01-01 00:00", 2),
            (Runs{"2028-02-29 00:00", "2032-02-29 00:00"}));
  EXPECT_EQ(runs("0 0 29 2 *", kUtc, "2096-03-01 00:00", 1), (Runs{"2104-02-29 00:00"}));
}

TEST(CronTest, ARunIsAfterNotAt) {
  EXPECT_EQ(runs("0 12 * * *", kUtc, "2026-01-01 12:00", 1), (Runs{"2026-01-02 12:00"}));
  EXPECT_EQ(runs("0 12 * * *", kUtc, "2026-01-01 11:59:59", 1), (Runs{"2026-01-01 12:00"}));
  EXPECT_EQ(runs("* * * * *", kUtc, "2026-01-01 12:00:01", 1), (Runs{"2026-01-01 12:01"}));
}

TEST(CronTest, BerlinFixedHoursThatAreSkippedRunAtTheSkip) {
  // 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC.
  EXPECT_EQ(runs("30 2 * * *", kBerlin, "2026-03-28 00:00", 3),
            (Runs{"2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"}));
  EXPECT_EQ(runs("*/15 2 * * *", kBerlin, "2026-03-28 12:00", 2),
            (Runs{"2026-03-29 01:00", "2026-03-30 00:00"}));
  EXPECT_EQ(runs("0 3 * * *", kBerlin, "2026-03-28 12:00", 2),
            (Runs{"2026-03-29 01:00", "2026-03-30 01:00"}));
}

TEST(CronTest, BerlinFixedHoursThatComeTwiceRunOnce) {
  // 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC.
  EXPECT_EQ(runs("30 2 * * *", kBerlin, "2026-10-24 12:00", 2),
            (Runs{"2026-10-25 00:30", "2026-10-26 01:30"}));
  EXPECT_EQ(runs("30 2 * * *", kBerlin, "2026-10-25 01:10", 1), (Runs{"2026-10-26 01:30"}));
  EXPECT_EQ(runs("*/30 2,3 * * *", kBerlin, "2026-10-24 12:00", 4),
            (Runs{"2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 02:00", "2026-10-25 02:30"}));
}

TEST(CronTest, AnyHourFollowsTheClocks) {
  EXPECT_EQ(runs("30 * * * *", kBerlin, "2026-03-29 00:00", 3),
            (Runs{"2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30"}));
  EXPECT_EQ(runs("30 * * * *", kBerlin, "2026-10-25 00:00", 3),
            (Runs{"2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"}));
  EXPECT_EQ(runs("@hourly", kBerlin, "2026-03-29 00:00", 2),
            (Runs{"2026-03-29 01:00", "2026-03-29 02:00"}));
  // 02:00 to 02:59 do not exist: only every second hour is any hour too.
  EXPECT_EQ(runs("0 */2 * * *", kBerlin, "2026-03-28 22:00", 3),
            (Runs{"2026-03-28 23:00", "2026-03-29 02:00", "2026-03-29 04:00"}));
}

TEST(CronTest, NewYorkInSpringAndAutumn) {
  // 2026-03-08: 02:00 becomes 03:00 at 07:00 UTC. 2026-11-01: 02:00 becomes 01:00 at 06:00 UTC.
  EXPECT_EQ(runs("30 2 * * *", kNewYork, "2026-03-07 00:00", 3),
            (Runs{"2026-03-07 07:30", "2026-03-08 07:00", "2026-03-09 06:30"}));
  EXPECT_EQ(runs("30 1 * * *", kNewYork, "2026-10-31 12:00", 2),
            (Runs{"2026-11-01 05:30", "2026-11-02 06:30"}));
  EXPECT_EQ(runs("@daily", kNewYork, "2026-10-31 12:00", 2),
            (Runs{"2026-11-01 04:00", "2026-11-02 05:00"}));
}

TEST(CronTest, NicknamesAndEvery) {
  EXPECT_EQ(runs("@yearly", kUtc, "2026-01-01 00:00", 1), (Runs{"2027-01-01 00:00"}));
  EXPECT_EQ(runs("@monthly", kUtc, "2026-01-01 00:00", 1), (Runs{"2026-02-01 00:00"}));
  EXPECT_EQ(runs("@daily", kUtc, "2026-01-01 00:00", 1), (Runs{"2026-01-02 00:00"}));
  EXPECT_EQ(parse_schedule(" @every 1m30s ").value().every_ns, 90'000'000'000U);
}

TEST(CronTest, WhatIsWrongIsTold) {
  const auto error_of = [](const std::string& text) {
    const auto parsed = parse_schedule(text);
    return parsed ? "none" : parsed.error().message;
  };
  EXPECT_EQ(error_of("* * * *"),
            "\"* * * *\" has 4 fields, not five: minute, hour, day of the month, month, day of the "
            "week");
  EXPECT_EQ(error_of("60 * * * *"), "\"60\" is no minute, 0 to 59");
  EXPECT_EQ(error_of("* * 0 * *"), "\"0\" is no day of the month, 1 to 31");
  EXPECT_EQ(error_of("* * * foo *"), "\"foo\" is no month, 1 to 12 or a name of three letters");
  EXPECT_EQ(error_of("* * * * 8"),
            "\"8\" is no day of the week, 0 to 7 or a name of three letters");
  EXPECT_EQ(error_of("5/15 * * * *"), "\"5/15\": a step needs a range or `*`, as in 5-59/15");
  EXPECT_EQ(error_of("*/0 * * * *"), "\"*/0\" has no step from 1 to 59");
  EXPECT_EQ(error_of("30-10 * * * *"), "\"30-10\" runs backwards; write two ranges with a comma");
  EXPECT_EQ(error_of("0 0 31 2 *"), "\"0 0 31 2 *\" never comes: no such month has such a day");
  EXPECT_EQ(error_of("@reboot"),
            "there is no \"@reboot\"; there are @every DURATION, @hourly, @daily, @weekly, "
            "@monthly and @yearly");
  EXPECT_EQ(error_of("@every 10ms"), "@every 10ms is not in 1s to 366d");
  for (const std::string text : {"", ", * * * *", "1, * * * *", "- * * * *", "1-2-3 * * * *",
                                 "/5 * * * *", "*/ * * * *", "-1 * * * *"}) {
    EXPECT_NE(error_of(text), "none") << text;
  }
}

// ---- the slow twin ----

bool shows(const CronFields& fields, std::int64_t local_s) {
  const std::chrono::sys_seconds at{std::chrono::seconds(local_s)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const auto second = (at - day).count();
  const auto has = [](std::uint64_t bits, auto index) {
    return (bits >> static_cast<unsigned>(index) & 1U) != 0;
  };
  const bool by_day = has(fields.days, static_cast<unsigned>(date.day()));
  const bool by_weekday = has(fields.weekdays, std::chrono::weekday(day).c_encoding());
  const bool both = fields.any_day || fields.any_weekday;
  return second % 60 == 0 && has(fields.minutes, second / 60 % 60) &&
         has(fields.hours, second / 3'600) &&
         has(fields.months, static_cast<unsigned>(date.month())) &&
         (both ? by_day && by_weekday : by_day || by_weekday);
}

/// All runs in (from, to], found by looking at each minute of the world's clocks.
std::vector<std::int64_t> walk(const CronFields& fields, const base::TimeZone& zone,
                               std::int64_t from_s, std::int64_t to_s) {
  std::vector<std::int64_t> found;
  std::int64_t shown_max = from_s + base::utc_offset_s(zone, from_s);
  for (std::int64_t at = from_s + 60; at <= to_s; at += 60) {
    const std::int64_t local = at + base::utc_offset_s(zone, at);
    bool runs_now = shows(fields, local);
    if (!fields.any_hour) {
      runs_now = runs_now && local > shown_max;  // shown twice: the first time
      for (std::int64_t skipped = shown_max + 60; skipped < local; skipped += 60) {
        runs_now = runs_now || shows(fields, skipped);
      }
    }
    shown_max = std::max(shown_max, local);
    if (runs_now) {
      found.push_back(at);
    }
  }
  return found;
}

std::string random_field(std::mt19937& random, unsigned least, unsigned most) {
  const auto between = [&](unsigned a, unsigned b) {
    return a + static_cast<unsigned>(random() % (b - a + 1));
  };
  switch (random() % 5) {
    case 0:
      return "*";
    case 1:
      return fmt::format("*/{}", between(1, most));
    case 2: {
      const unsigned first = between(least, most);
      return fmt::format("{}-{}/{}", first, between(first, most), between(1, 7));
    }
    default:
      return fmt::format("{},{}", between(least, most), between(least, most));
  }
}

TEST(CronTest, AgreesWithAWalkFromMinuteToMinute) {
  std::mt19937 random(20'260'329);
  const std::vector<std::pair<std::string_view, std::string>> around{
      {kBerlin, "2026-03-27 00:00"},  {kBerlin, "2026-10-23 00:00"},
      {kNewYork, "2026-03-06 00:00"}, {kNewYork, "2026-10-30 00:00"},
      {kBerlin, "2028-02-27 00:00"},  {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-04-03 00:00"},
  };
  int compared = 0;
  for (int round = 0; round < 600; ++round) {
    const std::string text =
        fmt::format("{} {} {} {} {}", random_field(random, 0, 59), random_field(random, 0, 23),
                    random_field(random, 1, 31), random() % 2 == 0 ? "*" : "2-4,10-12",
                    random_field(random, 0, 6));
    const auto parsed = parse_schedule(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    const auto& [zone_text, from] = around[static_cast<std::size_t>(round) % around.size()];
    const base::TimeZone zone = base::parse_posix_time_zone(zone_text).value();
    const std::int64_t from_s = utc(from);
    const std::int64_t to_s = from_s + 5 * 86'400;
    std::vector<std::int64_t> found;
    for (auto at = find_next_run(parsed->fields, zone, from_s); at && *at <= to_s;
         at = find_next_run(parsed->fields, zone, *at)) {
      found.push_back(*at);
    }
    ASSERT_EQ(found, walk(parsed->fields, zone, from_s, to_s)) << text << " in " << zone_text;
    compared += static_cast<int>(found.size());
  }
  EXPECT_GT(compared, 1'000);
}

}  // namespace
}  // namespace supervisor
