// The exec of a live upgrade: an exec that is refused leaves everything as it was. What succeeds is
// tests/system/upgrade_test.cpp's.
#include "supervisor/upgrade/upgrade_exec.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "supervisor/upgrade/kept_fd.h"

namespace supervisor {
namespace {

TEST(UpgradeExecTest, ARefusedExecChangesNothing) {
  const base::Fd text(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  const auto pipe = base::make_pipe();
  ASSERT_TRUE(text.valid() && pipe);
  const base::Error error = exec_upgrade(text, pipe->read, {pipe->write.get()}, {"A=b"});
  EXPECT_THAT(error.message, testing::HasSubstr("cannot run the new birl"));
  for (const int fd : {pipe->read.get(), pipe->write.get()}) {
    EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
  }
}

TEST(UpgradeExecTest, OnlyAnOpenDescriptorIsAState) {
  ASSERT_EQ(::setenv("BIRL_UPGRADE_STATE", "1", 1), 0);
  EXPECT_EQ(find_upgrade_state(), std::nullopt) << "standard output";
  ASSERT_EQ(::setenv("BIRL_UPGRADE_STATE", "987", 1), 0);
  EXPECT_EQ(find_upgrade_state(), std::nullopt) << "it is not open";
  ASSERT_EQ(::setenv("BIRL_UPGRADE_STATE", "nonsense", 1), 0);
  EXPECT_EQ(find_upgrade_state(), std::nullopt);
  const auto pipe = base::make_pipe();
  ASSERT_EQ(::setenv("BIRL_UPGRADE_STATE", std::to_string(pipe->read.get()).c_str(), 1), 0);
  EXPECT_EQ(find_upgrade_state(), pipe->read.get());
  ASSERT_EQ(::unsetenv("BIRL_UPGRADE_STATE"), 0);
  EXPECT_EQ(find_upgrade_state(), std::nullopt);
}

TEST(UpgradeExecTest, TheNameOfTheProcessCanBeKept) {
  const std::string before = read_process_name();
  set_process_name("birl");
  EXPECT_EQ(read_process_name(), "birl");
  set_process_name("");
  EXPECT_EQ(read_process_name(), "birl") << "no name is none to take";
  set_process_name(before);
}

TEST(UpgradeExecTest, TheOwnPathIsThatOfTheExecutable) {
  const auto path = find_own_path();
  ASSERT_TRUE(path);
  EXPECT_THAT(*path, testing::EndsWith("supervisor_upgrade_test"));
}

}  // namespace
}  // namespace supervisor
