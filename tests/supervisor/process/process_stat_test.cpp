#include "supervisor/process/process_stat.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.h"

namespace supervisor {
namespace {

TEST(ProcessStatTest, TellsWhoThisProcessIs) {
  const auto stat = read_process_stat(::getpid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->pid, ::getpid());
  EXPECT_EQ(stat->parent, ::getppid());
  EXPECT_EQ(stat->group, ::getpgrp());
  EXPECT_EQ(stat->session, ::getsid(0));
  EXPECT_TRUE(stat->is_alive());
  EXPECT_GT(stat->start_ticks, 0U);
  EXPECT_FALSE(read_process_stat(1 << 22));
}

TEST(ProcessStatTest, KnowsAncestorsAndTheDead) {
  base::Pipe pipe = *base::make_pipe();
  const pid_t child = ::fork();
  if (child == 0) {
    char ignored = 0;
    ::close(pipe.write.get());
    static_cast<void>(!::read(pipe.read.get(), &ignored, 1));
    ::_exit(0);
  }
  EXPECT_TRUE(descends_from(child, ::getpid()));
  EXPECT_TRUE(descends_from(child, ::getppid()));
  EXPECT_FALSE(descends_from(::getpid(), child));
  const auto all = list_processes();
  EXPECT_TRUE(std::ranges::any_of(all, [&](const auto& stat) { return stat.pid == child; }));
  pipe.write.reset();
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(read_process_stat(child)->is_alive()) << "a zombie";
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(read_process_stat(child));
}

}  // namespace
}  // namespace supervisor
