#include "base/crash_point.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace base {
namespace {

/// How many passes a child survived before SIGKILL; -1 when it came to its end.
int passes_until_killed(const char* plan, const char* name) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("BIRL_DEBUG_CRASH", plan, 1);
    arm_crash_points();
    for (int pass = 0; pass < 1000; ++pass) {
      [[maybe_unused]] const auto written = ::write(ends[1], "x", 1);
      crash_point(name);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  int passes = 0;
  char byte = 0;
  while (::read(ends[0], &byte, 1) == 1) {
    ++passes;
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? passes : -1;
}

TEST(CrashPointTest, KillsAtTheNthPassOfItsName) {
  EXPECT_EQ(passes_until_killed("file.wrote:3", "file.wrote"), 3);
  EXPECT_EQ(passes_until_killed("file.wrote:3", "file.opened"), -1);
}

TEST(CrashPointTest, AStarKillsAtRandomSoonEnough) {
  EXPECT_GT(passes_until_killed("file.*:10", "file.wrote"), 0);
  EXPECT_EQ(passes_until_killed("file.*:10", "intake.spliced"), -1);
}

TEST(CrashPointTest, ABadPlanArmsNothing) {
  EXPECT_EQ(passes_until_killed("nonsense", "nonsense"), -1);
  EXPECT_EQ(passes_until_killed("*:0", "x"), -1);
}

}  // namespace
}  // namespace base
