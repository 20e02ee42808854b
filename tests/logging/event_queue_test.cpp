#include "logging/router/event_queue.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

namespace logging {
namespace {

class EventQueueTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(queue_.open()); }

  [[nodiscard]] bool is_readable() const {
    pollfd poll{.fd = queue_.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&poll, 1, 0) == 1;
  }

  EventQueue queue_;
};

TEST_F(EventQueueTest, EventsComeInTheOrderInWhichTheyWerePosted) {
  EXPECT_FALSE(is_readable());
  queue_.post({.kind = IntakeEvent::Kind::kPipeEnded, .service_id = 7, .slot = 1});
  queue_.post({.kind = IntakeEvent::Kind::kDrained, .service_id = 8, .slot = 0});
  EXPECT_TRUE(is_readable());
  const auto events = queue_.take();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].service_id, 7U);
  EXPECT_EQ(events[1].kind, IntakeEvent::Kind::kDrained);
  EXPECT_FALSE(is_readable());
  EXPECT_TRUE(queue_.take().empty());
}

TEST_F(EventQueueTest, RingWakesWithoutAnEvent) {
  queue_.ring();
  EXPECT_TRUE(is_readable());
  EXPECT_TRUE(queue_.take().empty());
  EXPECT_FALSE(is_readable());
}

TEST_F(EventQueueTest, NothingThatSeveralThreadsPostIsMissed) {
  constexpr std::size_t kEach = 2000;
  std::vector<std::thread> threads;
  for (std::uint32_t id = 0; id < 3; ++id) {
    threads.emplace_back([this, id] {
      for (std::uint32_t slot = 0; slot < kEach; ++slot) {
        queue_.post({.kind = IntakeEvent::Kind::kPipeEnded, .service_id = id, .slot = slot});
      }
    });
  }
  std::vector<std::uint32_t> next(3);
  for (std::size_t taken = 0; taken < 3 * kEach;) {
    pollfd poll{.fd = queue_.fd(), .events = POLLIN, .revents = 0};
    ::poll(&poll, 1, -1);
    for (const IntakeEvent& event : queue_.take()) {
      EXPECT_EQ(event.slot, next[event.service_id]++);
      ++taken;
    }
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace
}  // namespace logging
