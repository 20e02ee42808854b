#include "logging/router/hang_watch.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <thread>

#include "base/clock.h"

namespace logging {
namespace {

using Limit = BusyStamp::Limit;

constexpr std::uint64_t kLimitNs = 1000;

class HangWatchTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(watch_.open()); }

  [[nodiscard]] bool timer_runs() const {
    itimerspec left{};
    ::timerfd_gettime(watch_.timer_fd(), &left);
    return left.it_value.tv_sec != 0 || left.it_value.tv_nsec != 0;
  }

  void wait_for_timer() const {
    pollfd poll{.fd = watch_.timer_fd(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&poll, 1, -1), 1);
  }

  HangWatch watch_{kLimitNs};
};

TEST_F(HangWatchTest, AStampThatStaysTheSameForTheLimitHangs) {
  BusyStamp& stamp = watch_.add(Limit::kWallClock, "intake");
  stamp.adopt_thread();
  stamp.begin(100);
  EXPECT_EQ(watch_.check(200), nullptr);
  EXPECT_EQ(watch_.check(200 + kLimitNs - 1), nullptr);
  const std::string* name = watch_.check(200 + kLimitNs);
  ASSERT_NE(name, nullptr);
  EXPECT_EQ(*name, "intake");
}

TEST_F(HangWatchTest, AThreadThatCameBackAndBeganAgainDoesNot) {
  BusyStamp& stamp = watch_.add(Limit::kWallClock, "intake");
  stamp.adopt_thread();
  stamp.begin(100);
  EXPECT_EQ(watch_.check(200), nullptr);
  stamp.end();
  stamp.begin(300);
  EXPECT_EQ(watch_.check(200 + kLimitNs), nullptr);
  stamp.end();
  EXPECT_EQ(watch_.check(10 * kLimitNs), nullptr);
}

TEST_F(HangWatchTest, AThreadThatWasNeverStartedIsNotLookedAt) {
  watch_.add(Limit::kCpuClock, "sink").begin(100);
  EXPECT_EQ(watch_.check(200), nullptr);
  EXPECT_EQ(watch_.check(200 + kLimitNs), nullptr);
}

TEST_F(HangWatchTest, ASinkThatComputesWithoutComingBackHangs) {
  BusyStamp& stamp = watch_.add(Limit::kCpuClock, "files");
  std::atomic<bool> stop{false};
  std::thread thread([&] {
    stamp.adopt_thread();
    stamp.begin(1);
    while (!stop.load()) {
    }
  });
  const std::string* name = nullptr;
  while (name == nullptr) {
    name = watch_.check(0);  // the wall clock has no part in it
  }
  stop.store(true);
  thread.join();
  EXPECT_EQ(*name, "files");
}

TEST_F(HangWatchTest, ASinkThatIsStuckInAWriteDoesNot) {
  HangWatch watch(base::kNsPerSecond);
  ASSERT_TRUE(watch.open());
  BusyStamp& stamp = watch.add(Limit::kCpuClock, "files");
  base::Pipe busy = std::move(*base::make_pipe());
  base::Pipe stuck = std::move(*base::make_pipe());
  std::thread thread([&] {
    stamp.adopt_thread();
    stamp.begin(1);
    char c = 'x';
    EXPECT_EQ(::write(busy.write.get(), &c, 1), 1);
    EXPECT_EQ(::read(stuck.read.get(), &c, 1), 0);
  });
  char c = 0;
  ASSERT_EQ(::read(busy.read.get(), &c, 1), 1);
  EXPECT_EQ(watch.check(1), nullptr);
  EXPECT_EQ(watch.check(3600 * base::kNsPerSecond), nullptr);
  stuck.write.reset();
  thread.join();
}

TEST_F(HangWatchTest, TheTimerRunsOnlyWhileSomebodyIsBusy) {
  BusyStamp& stamp = watch_.add(Limit::kWallClock, "intake");
  stamp.adopt_thread();
  EXPECT_FALSE(timer_runs());
  stamp.begin(1);
  wait_for_timer();
  EXPECT_EQ(watch_.check(2), nullptr);
  EXPECT_TRUE(timer_runs());
  stamp.end();
  wait_for_timer();
  EXPECT_EQ(watch_.check(3), nullptr);
  EXPECT_FALSE(timer_runs());
}

}  // namespace
}  // namespace logging
