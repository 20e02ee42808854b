#include "supervisor/launcher.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

namespace supervisor {
namespace {

SpawnRequest request(std::vector<std::string> argv) {
  SpawnRequest made;
  made.name = "test";
  made.argv = std::move(argv);
  return made;
}

int reap(pid_t pid) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

class LauncherTest : public testing::Test {
 protected:
  base::Loop loop_;
  Launcher launcher_{loop_, std::nullopt};
};

TEST_F(LauncherTest, TellsThatTheExecWentThroughOnTheLoop) {
  std::optional<SpawnOutcome> told;
  const pid_t pid = *launcher_.launch(request({"/bin/true"}), [&](const SpawnOutcome& outcome) {
    told = outcome;
    loop_.stop();
  });
  EXPECT_FALSE(told) << "launch() itself must not call back";
  loop_.run();
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->started);
  EXPECT_EQ(reap(pid), 0);
}

TEST_F(LauncherTest, AMissingProgramIs127WithItsPath) {
  std::optional<SpawnOutcome> told;
  const pid_t pid =
      *launcher_.launch(request({"/no/such/program"}), [&](const SpawnOutcome& outcome) {
        told = outcome;
        loop_.stop();
      });
  loop_.run();
  reap(pid);
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->started);
  EXPECT_EQ(told->exit_code, 127);
  EXPECT_NE(told->error.message.find("/no/such/program"), std::string::npos);
}

TEST_F(LauncherTest, SettleTellsTheOutcomeBeforeTheEndOnce) {
  int calls = 0;
  const pid_t pid =
      *launcher_.launch(request({"/bin/true"}), [&](const SpawnOutcome&) { ++calls; });
  reap(pid);
  launcher_.settle(pid);
  EXPECT_EQ(calls, 1);
  launcher_.settle(pid);
  EXPECT_EQ(calls, 1);
}

TEST_F(LauncherTest, AnAbandonedStartIsKilledAndNothingIsTold) {
  int calls = 0;
  const pid_t pid =
      *launcher_.launch(request({"/bin/sleep", "100"}), [&](const SpawnOutcome&) { ++calls; });
  launcher_.abandon(pid);
  const int status = reap(pid);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  launcher_.settle(pid);
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace supervisor
