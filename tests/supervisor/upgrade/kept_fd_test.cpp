// Covers supervisor/upgrade/kept_router.h and supervisor/upgrade/kept_service.h: their descriptors.
#include "supervisor/upgrade/kept_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "supervisor/upgrade/upgrade_state.h"

namespace supervisor {
namespace {

bool is_close_on_exec(int fd) {
  return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(KeptFdTest, AllDescriptorsOfAStateAreFoundHoweverDeep) {
  UpgradeState state;
  state.runtime_lock.number = 10;
  state.waiting_clients = {{.number = 11}, {.number = -1}};
  state.slots.resize(2);
  state.slots[1].watch.notify.number = 12;
  state.router.services.resize(1);
  state.router.services[0].pipes.resize(1);
  state.router.services[0].pipes[0].read.number = 13;
  EXPECT_EQ(collect_kept_fds(state), (std::vector<int>{10, 11, 12, 13}));
}

TEST(KeptFdTest, FlagsAreClearedForAnExecAndSetAgain) {
  const auto pipe = base::make_pipe();
  ASSERT_TRUE(pipe);
  const std::vector<int> fds{pipe->read.get(), pipe->write.get()};
  set_on_exec(fds, OnExec::kStay);
  EXPECT_FALSE(is_close_on_exec(fds[0]) || is_close_on_exec(fds[1]));
  set_on_exec(fds, OnExec::kClose);
  EXPECT_TRUE(is_close_on_exec(fds[0]) && is_close_on_exec(fds[1]));
}

TEST(ArrivingFdsTest, EachIsTakenOnceAndWhatIsLeftIsClosed) {
  auto pipe = base::make_pipe();
  ASSERT_TRUE(pipe);
  const int read = pipe->read.release();
  const int write = pipe->write.release();
  set_on_exec({read, write}, OnExec::kStay);
  {
    auto arriving = ArrivingFds::take_in({read, write});
    ASSERT_TRUE(arriving);
    EXPECT_TRUE(is_close_on_exec(read) && is_close_on_exec(write));
    const auto taken = arriving->take({.number = read});
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->get(), read);
    EXPECT_FALSE(arriving->take({.number = read})) << "a second time";
    EXPECT_FALSE(arriving->take({.number = 1000})) << "one that did not come";
    EXPECT_FALSE(arriving->take({})->valid()) << "none at all is no error";
    EXPECT_EQ(arriving->left(), 1U);
  }
  EXPECT_FALSE(is_open(write));
}

TEST(ArrivingFdsTest, WhatIsNotOpenOrNamedTwiceOrStandardIsRefused) {
  auto pipe = base::make_pipe();
  ASSERT_TRUE(pipe);
  const int closed = pipe->read.get();
  pipe->read.reset();
  EXPECT_FALSE(ArrivingFds::take_in({closed}));
  EXPECT_FALSE(ArrivingFds::take_in({STDOUT_FILENO}));
  EXPECT_TRUE(is_open(STDOUT_FILENO));
  const int once = pipe->write.release();
  EXPECT_FALSE(ArrivingFds::take_in({once, once}));
}

}  // namespace
}  // namespace supervisor
