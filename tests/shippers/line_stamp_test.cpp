#include "shippers/lines/line_stamp.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/text.h"

namespace shippers {
namespace {

using logging::Timestamp;

constexpr std::uint64_t kTimeNs = 1'704'164'645'678'901'234;

TEST(LineStampTest, WritesEachKind) {
  EXPECT_EQ(LineStamp(Timestamp::kNone).at(kTimeNs), "");
  EXPECT_EQ(LineStamp(Timestamp::kIso).at(kTimeNs), "2024-01-02T03:04:05.678901234Z");
  EXPECT_EQ(LineStamp(Timestamp::kTai64n).at(kTimeNs), "@4000000065937d2f287735f2");
  EXPECT_EQ(LineStamp(Timestamp::kUnix).at(kTimeNs), "1704164645.678901234");
}

/// The convention of daemontools: 2^62 + 10 + unix seconds.
TEST(LineStampTest, ATai64nLabelIsTenSecondsAheadOfUnixTime) {
  EXPECT_EQ(LineStamp(Timestamp::kTai64n).at(0), "@400000000000000a00000000");
}

TEST(LineStampTest, FollowsTheTimeWhereverItJumps) {
  LineStamp stamp(Timestamp::kIso);
  EXPECT_EQ(stamp.at(0), "1970-01-01T00:00:00.000000000Z");
  for (std::uint64_t time_ns = kTimeNs; time_ns < kTimeNs + 50 * base::kNsPerSecond;
       time_ns += 123'456'789) {
    const std::string expected = base::format_rfc3339_ms(time_ns);
    const std::string_view found = stamp.at(time_ns);
    EXPECT_EQ(found.substr(0, 23), expected.substr(0, 23));
    EXPECT_EQ(found, LineStamp(Timestamp::kIso).at(time_ns));
  }
  EXPECT_EQ(stamp.at(kTimeNs), "2024-01-02T03:04:05.678901234Z");
}

TEST(LineStampTest, TheLastMomentThatAFrameCanNameFits) {
  EXPECT_EQ(LineStamp(Timestamp::kIso).at(UINT64_MAX), "2554-07-21T23:34:33.709551615Z");
  EXPECT_EQ(LineStamp(Timestamp::kUnix).at(UINT64_MAX), "18446744073.709551615");
}

}  // namespace
}  // namespace shippers
