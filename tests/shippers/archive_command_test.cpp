#include "shippers/file/archive_command.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/command.h"
#include "base/fd.h"
#include "tests/support/temporary_directory.h"

namespace shippers {
namespace {

base::Command shell(const std::string& text) {
  return {.argv = {text}, .shell = true};
}

class ArchiveCommandTest : public testing::Test {
 protected:
  base::Result<void> run(const base::Command& command,
                         std::uint64_t limit_ns = ArchiveCommandLimits::kRunNs) {
    return run_archive_command(command, archive_, stop_.read.get(), limit_ns);
  }
  std::string error(const base::Command& command) {
    const auto ran = run(command);
    return ran ? "" : ran.error().message;
  }

  test_support::TemporaryDirectory directory_;
  std::string archive_ = directory_ / "current.1";
  base::Pipe stop_ = std::move(*base::make_pipe());
};

TEST_F(ArchiveCommandTest, ItKnowsTheFile) {
  ASSERT_TRUE(run(shell("echo found >$BIRL_FILE; exec >&-; ! read line")));
  EXPECT_EQ(test_support::read_file(archive_), "found\n");
  ASSERT_TRUE(run({.argv = {"sh", "-c", "echo \"$0 $BIRL_FILE\" >$BIRL_FILE", "zero"}}));
  EXPECT_EQ(test_support::read_file(archive_), "zero " + archive_ + "\n");
}

TEST_F(ArchiveCommandTest, HowItFailedIsTold) {
  const std::string name = "rotate.command for " + archive_;
  EXPECT_EQ(error(shell("exit 3")), "cannot run " + name + ": it ended with 3");
  EXPECT_EQ(error(shell("kill -TERM $$")), "cannot run " + name + ": signal 15 ended it");
  EXPECT_EQ(error({.argv = {"/no/such/program"}}),
            name + ": cannot run /no/such/program: No such file or directory");
}

TEST_F(ArchiveCommandTest, OneThatTakesTooLongIsKilledWithItsGroup) {
  const auto ran = run(shell("sleep 1000 & wait"), 30 * 1'000'000);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, base::ErrorCode::kTimeout);
}

TEST_F(ArchiveCommandTest, WhoIsToStopDoesNotWaitForIt) {
  stop_.write.reset();
  EXPECT_TRUE(run(shell("exec sleep 2")));
}

}  // namespace
}  // namespace shippers
