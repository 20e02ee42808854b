#include "logging/router/waker.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"

namespace logging {
namespace {

TEST(WakerTest, AWakeUpBeforeTheWaitIsRemembered) {
  Waker waker;
  waker.notify();
  waker.wait(0);  // hangs if it was forgotten
}

TEST(WakerTest, TwoWakeUpsAreOneAndAWaitEndsAtItsDeadline) {
  Waker waker;
  waker.notify();
  waker.notify();
  waker.wait(0);
  const std::uint64_t deadline_ns = base::monotonic_ns() + 2 * base::kNsPerMs;
  waker.wait(deadline_ns);
  EXPECT_GE(base::monotonic_ns(), deadline_ns);
}

TEST(WakerTest, ADeadlineThatIsOverIsNoWait) {
  Waker waker;
  waker.wait(1);
}

TEST(WakerTest, NoWakeUpBetweenTwoThreadsIsEverLost) {
  constexpr int kRounds = 5000;
  Waker here;
  Waker there;
  std::atomic<int> ball{0};
  std::thread other([&] {
    for (int round = 1; round < 2 * kRounds; round += 2) {
      while (ball.load() != round) {
        there.wait(0);
      }
      ball.store(round + 1);
      here.notify();
    }
  });
  for (int round = 0; round < 2 * kRounds; round += 2) {
    ball.store(round + 1);
    there.notify();
    while (ball.load() != round + 2) {
      here.wait(0);
    }
  }
  other.join();
  EXPECT_EQ(ball.load(), 2 * kRounds);
}

}  // namespace
}  // namespace logging
