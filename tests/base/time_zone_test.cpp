// Covers base/time_zone.h.
#include "base/time_zone.h"

#include <gtest/gtest.h>

#include <string>

#include "base/small_file.h"

namespace base {
namespace {

constexpr std::string_view kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr std::int64_t kSpring2026 = 1'774'746'000;  // 2026-03-29 01:00 UTC
constexpr std::int64_t kAutumn2026 = 1'792'890'000;  // 2026-10-25 01:00 UTC

TimeZone zone_of(std::string_view text) {
  return parse_posix_time_zone(text).value();
}

std::string big_endian(std::int64_t value, int bytes) {
  std::string text;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    text += static_cast<char>(static_cast<std::uint64_t>(value) >> static_cast<unsigned>(shift));
  }
  return text;
}

std::string header(char version, int times, int types) {
  return "TZif" + std::string(1, version) + std::string(15, '\0') + big_endian(0, 4) +
         big_endian(0, 4) + big_endian(0, 4) + big_endian(times, 4) + big_endian(types, 4) +
         big_endian(4, 4);
}

/// One hour east until 1,000 s, two from then on; then the footer.
std::string zone_file(std::string_view footer) {
  const std::string types =
      big_endian(3600, 4) + std::string(2, '\0') + big_endian(7200, 4) + std::string("\1\0", 2);
  return header('2', 0, 1) + types.substr(0, 6) + std::string(4, '\0') + header('2', 1, 2) +
         big_endian(1'000, 8) + '\1' + types + std::string(4, '\0') + '\n' + std::string(footer) +
         '\n';
}

TEST(TimeZoneTest, ByDefaultIsUtc) {
  EXPECT_EQ(utc_offset_s({}, kSpring2026), 0);
  EXPECT_EQ(find_local_time({}, kSpring2026), kSpring2026);
}

TEST(TimeZoneTest, APosixTextHasSummerTime) {
  const TimeZone berlin = zone_of(kBerlin);
  EXPECT_EQ(utc_offset_s(berlin, kSpring2026 - 1), 3600);
  EXPECT_EQ(utc_offset_s(berlin, kSpring2026), 7200);
  EXPECT_EQ(utc_offset_s(berlin, kAutumn2026 - 1), 7200);
  EXPECT_EQ(utc_offset_s(berlin, kAutumn2026), 3600);
}

TEST(TimeZoneTest, InTheSouthSummerSpansTheYearsEnd) {
  const TimeZone sydney = zone_of("AEST-10AEDT,M10.1.0,M4.1.0/3");
  EXPECT_EQ(utc_offset_s(sydney, 1'767'225'600), 11 * 3600);  // 2026-01-01
  EXPECT_EQ(utc_offset_s(sydney, 1'782'864'000), 10 * 3600);  // 2026-07-01
}

TEST(TimeZoneTest, PosixTextsOfAllFormsAreRead) {
  EXPECT_EQ(utc_offset_s(zone_of("<+0545>-5:45"), 0), 5 * 3600 + 45 * 60);
  EXPECT_EQ(utc_offset_s(zone_of("EST5"), 0), -5 * 3600);
  // Days counted from the year's first, with 29 February and without: 1 March of a leap year.
  const std::int64_t march_2028 = 1'835'481'600;
  EXPECT_EQ(utc_offset_s(zone_of("AAA0BBB,J60/0,J300"), march_2028 - 1), 0);
  EXPECT_EQ(utc_offset_s(zone_of("AAA0BBB,J60/0,J300"), march_2028), 3600);
  EXPECT_EQ(utc_offset_s(zone_of("AAA0BBB,60/0,J300"), march_2028 - 1), 0);
  EXPECT_EQ(utc_offset_s(zone_of("AAA0BBB,60/0,J300"), march_2028), 3600);
}

TEST(TimeZoneTest, WhatIsNoPosixTextIsRefused) {
  for (const std::string_view text :
       {"", "CE-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/3x", "<+1>-1", "CET-99", "Europe/Berlin"}) {
    EXPECT_FALSE(parse_posix_time_zone(text)) << text;
  }
}

TEST(TimeZoneTest, ALocalTimeThatIsShownTwiceIsTheFirst) {
  // 02:30 on 25 October 2026, at +2 first.
  EXPECT_EQ(find_local_time(zone_of(kBerlin), kAutumn2026 + 5'400), kAutumn2026 - 1'800);
}

TEST(TimeZoneTest, ALocalTimeThatIsSkippedIsTheSkip) {
  EXPECT_EQ(find_local_time(zone_of(kBerlin), kSpring2026 + 5'400), kSpring2026);
  EXPECT_EQ(find_local_time(zone_of(kBerlin), kSpring2026 + 7'200), kSpring2026);  // 03:00
  EXPECT_EQ(find_local_time(zone_of(kBerlin), kSpring2026 + 3'540), kSpring2026 - 60);
}

TEST(TimeZoneTest, AFileHasTransitionsAndARuleForLater) {
  const TimeZone fixed = parse_time_zone_file(zone_file("")).value();
  EXPECT_EQ(utc_offset_s(fixed, 999), 3600);
  EXPECT_EQ(utc_offset_s(fixed, 1'000), 7200);
  EXPECT_EQ(utc_offset_s(fixed, kSpring2026), 7200);
  const TimeZone ruled = parse_time_zone_file(zone_file("EST5")).value();
  EXPECT_EQ(utc_offset_s(ruled, 999), 3600);
  EXPECT_EQ(utc_offset_s(ruled, kSpring2026), -5 * 3600);
}

TEST(TimeZoneTest, EveryTruncatedFileIsRefused) {
  const std::string whole = zone_file("EST5");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_time_zone_file(std::string_view(whole).substr(0, length))) << length;
  }
  std::string wrong_type = whole;
  wrong_type[44 + 10 + 44 + 8] = '\7';
  EXPECT_FALSE(parse_time_zone_file(wrong_type));
}

TEST(TimeZoneTest, TheMachinesOwnFileAgreesWithThePosixText) {
  const auto bytes = read_small_file("/usr/share/zoneinfo/Europe/Berlin", 1U << 20U);
  if (!bytes) {
    GTEST_SKIP() << "no tzdata here";
  }
  const TimeZone file = parse_time_zone_file(*bytes).value();
  const TimeZone text = zone_of(kBerlin);
  for (std::int64_t at = kSpring2026 - 1'800; at < kSpring2026 + 40 * 31'557'600LL; at += 3'600) {
    ASSERT_EQ(utc_offset_s(file, at), utc_offset_s(text, at)) << at;
  }
}

}  // namespace
}  // namespace base
