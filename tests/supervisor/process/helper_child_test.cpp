#include "supervisor/process/helper_child.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

HelperChild::Answer answer_of(HelperChild& helper) {
  for (;;) {
    if (std::optional<HelperChild::Answer> answer = helper.try_finish()) {
      return *std::move(answer);
    }
    pollfd ready{.fd = helper.answer_fd(), .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, -1);
  }
}

TEST(HelperChildTest, AnswersWithBytesOfAnyNumber) {
  const std::vector<std::byte> wanted(300'000, std::byte{7});  // more than a pipe holds
  HelperChild helper = *HelperChild::start([&] { return wanted; });
  const HelperChild::Answer answer = answer_of(helper);
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, wanted);
  EXPECT_EQ(wait_for(helper.pid()), 0);
}

TEST(HelperChildTest, OneThatDiesIsAnError) {
  HelperChild helper = *HelperChild::start([]() -> std::vector<std::byte> { ::_exit(9); });
  const HelperChild::Answer answer = answer_of(helper);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "its helper process died");
  wait_for(helper.pid());
}

TEST(HelperChildTest, HoldsNoDescriptorOfItsParent) {
  const base::Pipe pipe = *base::make_pipe();
  HelperChild helper = *HelperChild::start([] {
    std::size_t open = 0;
    for (int fd = 3; fd < 1024; ++fd) {
      open += ::fcntl(fd, F_GETFD) >= 0 ? 1U : 0U;
    }
    return std::vector<std::byte>{static_cast<std::byte>(open)};
  });
  const HelperChild::Answer answer = answer_of(helper);
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)[0], std::byte{1}) << "its own pipe";
  wait_for(helper.pid());
}

TEST(HelperChildTest, WhileItWorksThereIsNoAnswer) {
  const base::Pipe gate = *base::make_pipe();
  HelperChild helper = *HelperChild::start([]() -> std::vector<std::byte> {
    for (;;) {
      ::pause();
    }
  });
  EXPECT_FALSE(helper.try_finish());
  ::kill(helper.pid(), SIGKILL);
  EXPECT_FALSE(answer_of(helper));
  wait_for(helper.pid());
}

}  // namespace
}  // namespace supervisor
