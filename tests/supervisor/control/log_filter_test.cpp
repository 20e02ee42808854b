#include "supervisor/control/log_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"

namespace supervisor {
namespace {

using base::kNsPerSecond;

constexpr std::uint64_t kNow = 1'704'164'645 * kNsPerSecond;  // 2024-01-02T03:04:05Z

std::uint64_t seconds(std::string_view text) {
  const auto moment = parse_moment(text, kNow);
  return moment ? *moment / kNsPerSecond : 0;
}

TEST(MomentTest, HowLongAgo) {
  EXPECT_EQ(seconds("5m"), 1'704'164'345U);
  EXPECT_EQ(seconds("1h30m"), 1'704'159'245U);
  EXPECT_EQ(parse_moment("60000d", kNow), 0U);  // before 1970: everything
}

TEST(MomentTest, OnTheCalendar) {
  EXPECT_EQ(seconds("2024-01-02T03:04:05Z"), 1'704'164'645U);
  EXPECT_EQ(seconds("2024-01-02 03:04:05"), 1'704'164'645U);
  EXPECT_EQ(seconds("2024-01-02T05:04:05+02:00"), 1'704'164'645U);
  EXPECT_EQ(seconds("2024-01-01T22:04:05-0500"), 1'704'164'645U);
  EXPECT_EQ(seconds("2024-01-02T03:04"), 1'704'164'640U);
  EXPECT_EQ(seconds("2024-01-02"), 1'704'153'600U);
  EXPECT_EQ(seconds("2024-02-29"), 1'709'164'800U);
  EXPECT_EQ(seconds("1704164645"), 1'704'164'645U);
  EXPECT_EQ(parse_moment("2024-01-02T03:04:05.678Z", kNow), 1'704'164'645'678'000'000U);
}

TEST(MomentTest, WhatIsNoTimeIsRefusedWithAHint) {
  for (const char* text : {"", "yesterday", "2024-13-01", "2024-01-02T", "2024-01-02T03:04:05.Z",
                           "2024-01-02T03:04:05X", "2024-01-02T03:04:05Z ",
                           "2024-01-02T03:04:05.1234567890Z", "-5m", "1960-01-01"}) {
    const auto moment = parse_moment(text, kNow);
    ASSERT_FALSE(moment) << text;
    EXPECT_EQ(moment.error().code, base::ErrorCode::kInvalid);
    EXPECT_THAT(moment.error().message, testing::HasSubstr("write how long ago (5m)"));
  }
}

TEST(LinePatternTest, FindsAnywhereAlsoBehindANul) {
  const auto pattern = LinePattern::compile("err(or)?|^warn");
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(pattern->finds_in("an error"));
  EXPECT_TRUE(pattern->finds_in("warn: x"));
  EXPECT_FALSE(pattern->finds_in("a warning"));
  EXPECT_TRUE(pattern->finds_in(std::string("a\0err", 5)));
  EXPECT_FALSE(pattern->finds_in(""));
  EXPECT_TRUE(LinePattern::compile("^$")->finds_in(""));
}

TEST(LinePatternTest, ABrokenOneSaysWhy) {
  const auto pattern = LinePattern::compile("(");
  ASSERT_FALSE(pattern);
  EXPECT_THAT(pattern.error().message, testing::StartsWith("cannot search for '(': "));
}

}  // namespace
}  // namespace supervisor
