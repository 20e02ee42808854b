#include "supervisor/machine/exit_status.h"

#include <gtest/gtest.h>

#include <csignal>
#include <vector>

namespace supervisor {
namespace {

TEST(ExitStatusTest, TheContainersCodeIsTheCodeOr128AndTheSignal) {
  EXPECT_EQ(ExitStatus::exited(0).container_code(), 0);
  EXPECT_EQ(ExitStatus::exited(255).container_code(), 255);
  EXPECT_EQ(ExitStatus::signaled(SIGTERM).container_code(), 143);
  EXPECT_EQ(ExitStatus::not_started(kCodeNotFound).container_code(), 127);
}

TEST(ExitStatusTest, ReadsAWaitStatus) {
  EXPECT_EQ(ExitStatus::from_wait_status(3 << 8), ExitStatus::exited(3));
  EXPECT_EQ(ExitStatus::from_wait_status(SIGKILL), ExitStatus::signaled(SIGKILL));
  EXPECT_EQ(ExitStatus::from_wait_status(SIGSEGV | 0x80), ExitStatus::signaled(SIGSEGV));
}

TEST(ExitStatusTest, OnlyAListedExitCodeIsSuccess) {
  const std::vector<std::int32_t> codes{0, 9};
  EXPECT_TRUE(ExitStatus::exited(0).is_success(codes));
  EXPECT_TRUE(ExitStatus::exited(9).is_success(codes));
  EXPECT_FALSE(ExitStatus::exited(1).is_success(codes));
  EXPECT_FALSE(ExitStatus::signaled(9).is_success(codes));
  EXPECT_FALSE(ExitStatus::not_started(9).is_success(codes));
}

TEST(ExitStatusTest, DescribesItselfForStatus) {
  EXPECT_EQ(ExitStatus::exited(3).describe(), "exited with code 3");
  EXPECT_EQ(ExitStatus::signaled(9).describe(), "killed by signal 9");
  EXPECT_EQ(ExitStatus::not_started(127).describe(), "could not be started");
}

}  // namespace
}  // namespace supervisor
