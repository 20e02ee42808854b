#include "logging/router/background_thread.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <vector>

namespace logging {
namespace {

TEST(BackgroundThreadTest, RunsJobsInOrderOnOneNiceThread) {
  BackgroundThread background(7);
  std::vector<int> order;
  std::promise<int> niceness;
  background.post([&] { order.push_back(1); });
  background.post([&] { order.push_back(2); });
  background.post(
      [&] { niceness.set_value(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))); });
  const int own = ::getpriority(PRIO_PROCESS, 0);
  EXPECT_EQ(niceness.get_future().get(), std::max(own, 7));
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(BackgroundThreadTest, StopWaitsForTheJobAtWorkAndDropsTheRest) {
  BackgroundThread background(0);
  std::promise<void> begun;
  bool finished = false;
  bool ran_later = false;
  background.post([&] {
    begun.set_value();
    pollfd poll{.fd = background.stop_fd(), .events = POLLIN, .revents = 0};
    ::poll(&poll, 1, -1);
    finished = background.is_stopping();
  });
  background.post([&] { ran_later = true; });
  begun.get_future().wait();
  background.stop();
  EXPECT_TRUE(finished);
  background.post([&] { ran_later = true; });
  EXPECT_FALSE(ran_later);
}

TEST(BackgroundThreadTest, WithoutAJobThereIsNothingToStop) {
  BackgroundThread background(19);
  background.stop();
  EXPECT_TRUE(background.is_stopping());
}

}  // namespace
}  // namespace logging
