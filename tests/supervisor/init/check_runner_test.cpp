#include "supervisor/check_runner.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

namespace supervisor {
namespace {

class CheckRunnerTest : public testing::Test {
 protected:
  void start(const std::string& script) {
    SpawnRequest request;
    request.name = "the check of web";
    request.argv = {"/bin/sh", "-c", script};
    ASSERT_TRUE(runner_.start(0, 7, std::move(request)));
  }
  /// Reaps as PID 1 does, until no check is left.
  void reap_all() {
    base::Timer poll(loop_, [&] {
      int status = 0;
      for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        launcher_.settle(pid);
        runner_.on_child_exited(pid, ExitStatus::from_wait_status(status));
      }
      runner_.running() == 0 ? loop_.stop() : poll_again_();
    });
    poll_again_ = [&] { poll.start_once(1); };
    poll_again_();
    loop_.run();
  }

  base::Loop loop_;
  Launcher launcher_{loop_, std::nullopt};
  std::vector<std::string> told_;
  std::function<void()> poll_again_;
  CheckRunner runner_{
      loop_, launcher_,
      [this](ServiceId service, std::uint64_t number, const std::string& failure) {
        told_.push_back(std::to_string(service) + " " + std::to_string(number) + ": " + failure);
      }};
};

TEST_F(CheckRunnerTest, ACheckThatSucceedsHasNoFailure) {
  start("echo all is well");
  reap_all();
  EXPECT_EQ(told_, (std::vector<std::string>{"0 7: "}));
}

TEST_F(CheckRunnerTest, TheFirstLineOfAFailedCheckIsItsReason) {
  start("echo 'no \033answer' >&2; echo more; exit 1");
  reap_all();
  EXPECT_EQ(told_, (std::vector<std::string>{"0 7: no ?answer"}));
}

TEST_F(CheckRunnerTest, ASilentFailureHasItsExitCode) {
  start("exit 3");
  reap_all();
  EXPECT_EQ(told_, (std::vector<std::string>{"0 7: exited with code 3"}));
}

TEST_F(CheckRunnerTest, ACheckThatCannotBeStartedSaysWhy) {
  SpawnRequest request;
  request.name = "the check of web";
  request.argv = {"/no/such/check"};
  ASSERT_TRUE(runner_.start(0, 7, std::move(request)));
  reap_all();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_NE(told_[0].find("/no/such/check"), std::string::npos);
}

TEST_F(CheckRunnerTest, AMegabyteOfWordsIsReadAndForgotten) {
  start("head -c 1000000 /dev/zero | tr '\\0' x; exit 1");
  reap_all();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].size(), std::string("0 7: ").size() + CheckRunner::kReasonBytesMax);
}

TEST_F(CheckRunnerTest, AnAbandonedCheckIsKilledAndTellsNothing) {
  start("sleep 1000");
  runner_.abandon(0);
  reap_all();
  EXPECT_TRUE(told_.empty());
}

TEST_F(CheckRunnerTest, AnotherChildIsNoCheck) {
  EXPECT_FALSE(runner_.on_child_exited(1, ExitStatus::exited(0)));
}

}  // namespace
}  // namespace supervisor
