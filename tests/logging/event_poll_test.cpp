#include "logging/inputs/event_poll.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace logging {
namespace {

class EventPollTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(poll_.open()); }

  std::vector<void*> wait(std::uint64_t due_ns) {
    const auto keys = poll_.wait(due_ns);
    return {keys.begin(), keys.end()};
  }

  EventPoll poll_;
  int key_ = 0;
};

TEST_F(EventPollTest, AWatchedDescriptorIsReportedUntilItIsCleared) {
  const base::Fd event = std::move(*make_event());
  ASSERT_TRUE(poll_.watch(event.get(), &key_));
  EXPECT_TRUE(wait(0).empty());
  ring_event(event.get());
  EXPECT_EQ(wait(UINT64_MAX), (std::vector<void*>{&key_}));
  EXPECT_EQ(wait(UINT64_MAX), (std::vector<void*>{&key_}));
  clear_event(event.get());
  EXPECT_TRUE(wait(0).empty());
}

TEST_F(EventPollTest, AHungUpPipeIsReportedOnceForEachTimeItIsArmed) {
  base::Pipe pipe = std::move(*base::make_pipe());
  poll_.arm_once(pipe.read.get(), &key_);
  EXPECT_TRUE(wait(0).empty());
  pipe.write.reset();
  EXPECT_EQ(wait(UINT64_MAX), (std::vector<void*>{&key_}));
  EXPECT_TRUE(wait(0).empty());
  poll_.arm_once(pipe.read.get(), &key_);
  EXPECT_EQ(wait(UINT64_MAX), (std::vector<void*>{&key_}));
}

TEST_F(EventPollTest, ARemovedDescriptorIsSilentAndAStrangerMayBeRemoved) {
  const base::Fd event = std::move(*make_event());
  ASSERT_TRUE(poll_.watch(event.get(), &key_));
  ring_event(event.get());
  poll_.remove(event.get());
  poll_.remove(event.get());
  EXPECT_TRUE(wait(0).empty());
}

TEST_F(EventPollTest, AWaitEndsWhenItIsDueAndNotBefore) {
  const std::uint64_t due_ns = base::monotonic_ns() + 300'000;
  EXPECT_TRUE(wait(due_ns).empty());
  EXPECT_GE(base::monotonic_ns(), due_ns);
}

}  // namespace
}  // namespace logging
