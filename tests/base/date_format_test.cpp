#include "base/date_format.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace base {
namespace {

constexpr std::uint64_t kTimeNs = 1'704'164'645 * kNsPerSecond;  // 2024-01-02T03:04:05Z, a Tuesday

TEST(DateFormatTest, WritesDatesInUtc) {
  EXPECT_EQ(format_date("%F", kTimeNs), "2024-01-02");
  EXPECT_EQ(format_date("%Y/%m/%d-%H%M%S", kTimeNs), "2024/01/02-030405");
  EXPECT_EQ(format_date("%G-W%V-%u %j %y %T 100%%", kTimeNs), "2024-W01-2 002 24 03:04:05 100%");
}

TEST(DateFormatTest, EveryDateHasTheShapeOfItsFormat) {
  for (const char* format : {"%F", "%Y/%m/%d-%H%M%S", "%G-W%V-%u", "x%j%%%y", "%T"}) {
    for (std::uint64_t day = 0; day < 800; ++day) {
      const std::string date = format_date(format, kTimeNs + day * 86'399 * kNsPerSecond);
      ASSERT_TRUE(has_shape(date, date_shape(format))) << date;
    }
  }
  EXPECT_FALSE(has_shape("2024-01-0x", date_shape("%F")));
  EXPECT_FALSE(has_shape("2024-01-022", date_shape("%F")));
  EXPECT_FALSE(has_shape("2024-01-0", date_shape("%F")));
}

TEST(DateFormatTest, RefusesWhatHasNoFixedWidthOrNoDate) {
  EXPECT_EQ(find_date_format_error("%F %%"), std::nullopt);
  EXPECT_EQ(*find_date_format_error("%Y %B"),
            "\"%B\" is no part of a date (known are %Y %y %m %d %H %M %S %j %G %V %u %F %T %%)");
  EXPECT_TRUE(find_date_format_error("%F%"));
  EXPECT_EQ(*find_date_format_error("F"),
            "\"F\" names no part of a date; write {date:%F} for 2024-01-02");
  EXPECT_TRUE(find_date_format_error(""));
}

}  // namespace
}  // namespace base
