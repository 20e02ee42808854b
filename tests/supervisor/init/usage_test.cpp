#include "supervisor/process/usage.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace supervisor {
namespace {

TEST(UsageTest, ReadsMemoryOfThisProcessAlsoUnderAnOddName) {
  ::prctl(PR_SET_NAME, ") R 1 (x");
  const std::optional<ProcessUsage> usage = read_process_usage(::getpid());
  ::prctl(PR_SET_NAME, "usage_test");
  ASSERT_TRUE(usage);
  EXPECT_GT(usage->memory_bytes, 100'000U);
  EXPECT_GE(usage->cpu_s, 0);
}

TEST(UsageTest, AProcessThatIsGoneHasNone) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(read_process_usage(child));
}

}  // namespace
}  // namespace supervisor
