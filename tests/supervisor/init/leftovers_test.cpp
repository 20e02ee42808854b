#include "supervisor/process/leftovers.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"

namespace supervisor {
namespace {

void block_child_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

/// In a process of its own: a subreaper whose child and grandchild (in another session) ignore
/// TERM.
int leave_a_family_and_clean_up() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  block_child_signal();
  if (::fork() == 0) {
    ::signal(SIGTERM, SIG_IGN);
    if (::fork() == 0) {
      ::setsid();
    }
    for (;;) {
      ::pause();
    }
  }
  kill_leftovers(base::monotonic_ns() + 30 * base::kNsPerSecond);
  const bool none_left = ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
  return none_left ? 0 : 1;
}

TEST(LeftoversTest, ChildrenAndOrphansOfOtherSessionsAreGone) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(leave_a_family_and_clean_up());
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(LeftoversTest, WithoutChildrenNothingHappens) {
  const pid_t child = ::fork();
  if (child == 0) {
    block_child_signal();
    ::_exit(kill_leftovers(base::monotonic_ns()) == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace supervisor
