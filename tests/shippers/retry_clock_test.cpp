#include "shippers/retry_clock.h"

#include <gtest/gtest.h>

namespace shippers {
namespace {

TEST(RetryClockTest, WaitsDoubleUpToTheLongest) {
  RetryClock clock;
  std::vector<std::uint64_t> waits_ms;
  for (int failure = 0; failure < 7; ++failure) {
    clock.failed(0);
    waits_ms.push_back(clock.again_at_ns() / base::kNsPerMs);
  }
  EXPECT_EQ(waits_ms, (std::vector<std::uint64_t>{100, 200, 400, 800, 1600, 2000, 2000}));
}

TEST(RetryClockTest, ASuccessForgetsTheFailures) {
  RetryClock clock;
  clock.failed(5);
  EXPECT_TRUE(clock.must_wait(5));
  EXPECT_FALSE(clock.must_wait(5 + RetryClock::kFirstNs));
  clock.worked();
  EXPECT_FALSE(clock.must_wait(5));
  EXPECT_FALSE(clock.is_failing());
}

}  // namespace
}  // namespace shippers
