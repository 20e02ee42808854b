#include "supervisor/machine/stage_machine.h"

#include <gtest/gtest.h>

#include "tests/supervisor/machine/recording_port.h"

namespace supervisor {
namespace {

using Effects = std::vector<std::string>;
using State = StageMachine::State;
using Result = StageMachine::Result;

constexpr std::uint64_t kSecond = base::kNsPerSecond;

struct StageDriver {
  explicit StageDriver(StageRules rules = {}) : stage(rules, port) {}

  Effects take() { return std::exchange(effects, {}); }
  Effects begin(std::uint64_t deadline_ns = StageMachine::kNever) {
    stage.begin(deadline_ns, now_ns);
    return take();
  }
  /// Straight to the first script of `names`, running as pid 100.
  void run(std::vector<std::string> names, std::uint64_t deadline_ns = StageMachine::kNever) {
    stage.begin(deadline_ns, now_ns);
    stage.on_listed(std::move(names), now_ns);
    stage.on_started(100);
    take();
  }
  Effects exited(pid_t pid, int code) {
    stage.on_exited(pid, ExitStatus::exited(code), now_ns);
    return take();
  }
  Effects fire_timer() {
    now_ns += port.timer_delay_ns;
    stage.on_timer(port.timer_generation, now_ns);
    return take();
  }

  Effects effects;
  RecordingStagePort port{effects};
  std::uint64_t now_ns = 0;
  StageMachine stage;
};

TEST(StageMachineTest, RunsScriptsOneAfterAnother) {
  StageDriver driver;
  EXPECT_EQ(driver.begin(), Effects{"init: list"});
  driver.stage.on_listed({"10-a", "20-b"}, 0);
  EXPECT_EQ(driver.take(), Effects{"init: start 0"});
  driver.stage.on_started(100);
  EXPECT_EQ(driver.exited(100, 0), Effects{"init: start 1"});
  driver.stage.on_started(101);
  EXPECT_EQ(driver.exited(101, 0), Effects{});
  EXPECT_EQ(driver.stage.state(), State::kEnded);
  EXPECT_EQ(driver.stage.result(), Result::kDone);
}

TEST(StageMachineTest, WithoutScriptsItIsDone) {
  StageDriver driver;
  driver.begin();
  driver.stage.on_listed({}, 0);
  EXPECT_EQ(driver.stage.result(), Result::kDone);
  EXPECT_TRUE(driver.stage.ended());
}

TEST(StageMachineTest, AFailureAbortsWithItsCode) {
  StageDriver driver;
  driver.run({"10-a", "20-b"});
  EXPECT_EQ(driver.exited(100, 3),
            (Effects{"init: signal 9 to group 100", "init: failed: 10-a exited with code 3"}));
  EXPECT_EQ(driver.stage.result(), Result::kFailed);
  EXPECT_EQ(driver.stage.exit_code(), 3);
  EXPECT_EQ(driver.stage.reason(), "init: 10-a exited with code 3");
}

TEST(StageMachineTest, AFailureMayBeToldAndPassedOver) {
  StageDriver driver({.timeout_ns = {}, .on_failure = OnFailure::kContinue});
  driver.run({"10-a", "20-b"});
  EXPECT_EQ(driver.exited(100, 3),
            (Effects{"init: signal 9 to group 100", "init: failed: 10-a exited with code 3",
                     "init: start 1"}));
  driver.stage.on_start_failed(127, "cannot start 20-b: no such file", 0);
  EXPECT_EQ(driver.take(), Effects{"init: failed: cannot start 20-b: no such file"});
  EXPECT_EQ(driver.stage.result(), Result::kFailed);
  EXPECT_EQ(driver.stage.exit_code(), 3) << "the first failure's";
}

TEST(StageMachineTest, AnUnreadableDirectoryIsAFailure) {
  StageDriver driver;
  driver.begin();
  driver.stage.on_list_failed("cannot read /x: permission denied");
  EXPECT_EQ(driver.stage.result(), Result::kFailed);
  EXPECT_EQ(driver.stage.exit_code(), 1);
}

TEST(StageMachineTest, ATimeoutAsksThenKills) {
  StageDriver driver({.timeout_ns = 5 * kSecond});
  EXPECT_EQ(driver.begin(), (Effects{"init: timer 5s", "init: list"}));
  driver.stage.on_listed({"a", "b"}, 0);
  driver.stage.on_started(100);
  driver.take();
  EXPECT_EQ(driver.fire_timer(), (Effects{"init: timer 2s", "init: signal 15 to group 100"}));
  EXPECT_EQ(driver.fire_timer(), (Effects{"init: signal 9 to group 100",
                                          "init: failed: a took too long and was killed"}));
  EXPECT_EQ(driver.stage.exit_code(), 137);
  EXPECT_FALSE(driver.stage.on_exited(100, ExitStatus::signaled(9), driver.now_ns));
}

TEST(StageMachineTest, AScriptThatObeysItsTimeoutHasFailedAllTheSame) {
  StageDriver driver({.timeout_ns = 5 * kSecond, .on_failure = OnFailure::kContinue});
  driver.begin();
  driver.stage.on_listed({"a", "b"}, 0);
  driver.stage.on_started(100);
  driver.fire_timer();
  driver.exited(100, 0);
  EXPECT_EQ(driver.stage.state(), State::kEnded) << "the stage's time is over";
  EXPECT_EQ(driver.stage.exit_code(), kCodeStageTimeout);
}

TEST(StageMachineTest, AStopEndsTheScriptThatRuns) {
  StageDriver driver;
  driver.run({"a", "b"});
  driver.stage.stop(3 * kSecond, 0);
  EXPECT_EQ(driver.take(), (Effects{"init: timer 3s", "init: signal 15 to group 100"}));
  EXPECT_EQ(driver.exited(100, 0), (Effects{"init: signal 9 to group 100", "init: cancel timer"}));
  EXPECT_EQ(driver.stage.result(), Result::kStopped);
}

TEST(StageMachineTest, AStopWhileAScriptIsBeingStartedGivesItUp) {
  StageDriver driver;
  driver.begin();
  driver.stage.on_listed({"a"}, 0);
  driver.take();
  driver.stage.stop(3 * kSecond, 0);
  EXPECT_EQ(driver.take(), Effects{"init: abandon"});
  driver.stage.on_started(100);
  EXPECT_EQ(driver.stage.state(), State::kEnded);
}

TEST(StageMachineTest, ADeafScriptIsKilledAtTheDeadline) {
  StageDriver driver;
  driver.run({"a"});
  driver.stage.stop(3 * kSecond, 0);
  driver.take();
  EXPECT_EQ(driver.fire_timer(), Effects{"init: signal 9 to group 100"});
  EXPECT_EQ(driver.stage.result(), Result::kStopped);
}

TEST(StageMachineTest, AHurryKillsAtOnce) {
  StageDriver driver;
  driver.run({"a", "b"});
  driver.stage.hurry();
  EXPECT_EQ(driver.take(), Effects{"init: signal 9 to group 100"});
  EXPECT_EQ(driver.stage.result(), Result::kStopped);
}

TEST(StageMachineTest, WithADeadlineTheTermComesBeforeIt) {
  StageDriver driver({.kind = StageKind::kFinish, .timeout_ns = {}});
  EXPECT_EQ(driver.begin(4 * kSecond), (Effects{"finish: timer 3s", "finish: list"}));
  driver.stage.on_listed({"a"}, 0);
  driver.stage.on_started(100);
  driver.take();
  EXPECT_EQ(driver.fire_timer(), (Effects{"finish: failed: a is stopped: no time is left",
                                          "finish: timer 1s", "finish: signal 15 to group 100"}));
  driver.exited(100, 1);
  EXPECT_EQ(driver.stage.result(), Result::kStopped) << "no failure of its own";
}

TEST(StageMachineTest, LateTimersAndStrangersAreNothing) {
  StageDriver driver({.timeout_ns = 5 * kSecond});
  driver.run({"a"});
  driver.stage.on_timer(driver.port.timer_generation + 7, 0);
  EXPECT_FALSE(driver.stage.on_exited(999, ExitStatus::exited(1), 0));
  EXPECT_EQ(driver.take(), Effects{});
  EXPECT_EQ(driver.stage.state(), State::kRunning);
}

}  // namespace
}  // namespace supervisor
