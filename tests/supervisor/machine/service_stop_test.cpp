#include <gtest/gtest.h>

#include <csignal>

#include "tests/supervisor/machine/machine_driver.h"

namespace supervisor {
namespace {

ServiceRules daemon_rules() {
  ServiceRules rules;
  rules.name = "web";
  return rules;
}
ServiceRules shell_rules() {
  ServiceRules rules = daemon_rules();
  rules.stop_to = StopTo::kGroup;
  return rules;
}

TEST(ServiceStopTest, SendsTheStopSignalAndIsStoppedWhenTheProcessHasEnded) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  EXPECT_EQ(driver.stop(),
            (Effects{"0: stopping", "0: timer stop 10s", "0: signal 15 to process 70"}));
  EXPECT_EQ(driver.signaled(70, SIGTERM),
            (Effects{"0: kill group 70", "0: cancel timer", "0: stopped, stopped"}));
  EXPECT_EQ(driver.machine().last_exit(), ExitStatus::signaled(SIGTERM));
}

TEST(ServiceStopTest, SendsTheConfiguredSignalToTheGroup) {
  ServiceRules rules = shell_rules();
  rules.stop_signal = SIGQUIT;
  MachineDriver driver(rules);
  driver.run(70);
  EXPECT_EQ(driver.stop().back(), "0: signal 3 to group 70");
}

TEST(ServiceStopTest, KillsTheGroupAtTheTimeout) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  driver.stop();
  EXPECT_EQ(driver.fire_timer(), (Effects{"0: kill group 70"}));
  EXPECT_EQ(driver.now_ns, base::seconds(10).ns);
  EXPECT_EQ(driver.state(), ServiceState::kStopping);
  EXPECT_EQ(driver.machine().reason(), "killed: it did not stop in time");
  driver.signaled(70, SIGKILL);
  EXPECT_EQ(driver.state(), ServiceState::kStopped);
}

TEST(ServiceStopTest, AStopDuringTheSpawnIsRememberedUntilTheSpawnIsConfirmed) {
  MachineDriver driver(daemon_rules());
  driver.start();
  driver.dependencies_met();
  EXPECT_EQ(driver.stop(), (Effects{"0: cancel timer", "0: stopping", "0: timer stop 10s"}));
  EXPECT_EQ(driver.spawned(70), (Effects{"0: signal 15 to process 70"}));
  driver.signaled(70, SIGTERM);
  EXPECT_EQ(driver.state(), ServiceState::kStopped);
}

TEST(ServiceStopTest, AStopDuringASpawnThatFailsIsOver) {
  MachineDriver driver(daemon_rules());
  driver.start();
  driver.dependencies_met();
  driver.stop();
  EXPECT_EQ(driver.spawn_failed(127, "no such file"),
            (Effects{"0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceStopTest, AStopDuringASpawnThatHangsEndsAtItsDeadline) {
  MachineDriver driver(daemon_rules());
  driver.start();
  driver.dependencies_met();
  driver.now_ns = base::seconds(4).ns;
  driver.stop();
  EXPECT_EQ(driver.fire_timer(), (Effects{"0: abandon", "0: stopped, stopped"}));
  EXPECT_EQ(driver.now_ns, base::seconds(14).ns);
}

TEST(ServiceStopTest, AServiceWithoutAProcessStopsAtOnce) {
  MachineDriver waiting(daemon_rules());
  waiting.start();
  EXPECT_EQ(waiting.stop(), (Effects{"0: stopped, stopped"}));
  MachineDriver backoff(daemon_rules());
  backoff.run(70);
  backoff.exited(70, 1);
  EXPECT_EQ(backoff.stop(), (Effects{"0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceStopTest, ARestartStopsThenStartsAndIsNoRestartByPolicy) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  EXPECT_EQ(driver.restart().front(), "0: stopping");
  EXPECT_EQ(driver.exited(70, 0), (Effects{"0: kill group 70", "0: cancel timer", "0: waiting"}));
  EXPECT_EQ(driver.machine().restarts(), 0U);
}

TEST(ServiceStopTest, TheLastWordDuringAStopCounts) {
  MachineDriver started(daemon_rules());
  started.run(70);
  started.stop();
  started.start();
  started.exited(70, 0);
  EXPECT_EQ(started.state(), ServiceState::kWaiting);
  MachineDriver stopped(daemon_rules());
  stopped.run(70);
  stopped.restart();
  stopped.stop();
  stopped.exited(70, 0);
  EXPECT_EQ(stopped.state(), ServiceState::kStopped);
}

TEST(ServiceStopTest, AGroupThatWasAskedMayOutliveItsLeaderUntilTheDeadline) {
  MachineDriver driver(shell_rules());
  driver.run(70);
  driver.stop();
  driver.port().groups_alive = {70};
  EXPECT_EQ(driver.signaled(70, SIGTERM), (Effects{"0: timer linger 50ms"}));
  EXPECT_EQ(driver.machine().pid(), 0);
  EXPECT_EQ(driver.fire_timer(), (Effects{"0: timer linger 50ms"}));
  driver.now_ns = base::seconds(10).ns - base::milliseconds(20).ns;
  EXPECT_EQ(driver.group_changed(), Effects{});
  driver.port().groups_alive = {};
  EXPECT_EQ(driver.group_changed(), (Effects{"0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceStopTest, AGroupThatIsGoneWithItsLeaderHoldsNothingUp) {
  MachineDriver driver(shell_rules());
  driver.run(70);
  driver.stop();
  EXPECT_EQ(driver.signaled(70, SIGTERM), (Effects{"0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceStopTest, AGroupThatLingersIsKilledAtTheDeadline) {
  MachineDriver driver(shell_rules());
  driver.run(70);
  driver.stop();
  driver.port().groups_alive = {70};
  driver.now_ns = base::seconds(10).ns - base::milliseconds(20).ns;
  EXPECT_EQ(driver.signaled(70, SIGTERM), (Effects{"0: timer linger 20ms"}));
  EXPECT_EQ(driver.fire_timer(), (Effects{"0: kill group 70", "0: stopped, stopped"}));
}

TEST(ServiceStopTest, AGroupThatIsGoneAtTheDeadlineGetsNoSignal) {
  MachineDriver driver(shell_rules());
  driver.run(70);
  driver.stop();
  driver.port().groups_alive = {70};
  driver.now_ns = base::seconds(10).ns - base::milliseconds(20).ns;
  driver.signaled(70, SIGTERM);
  driver.port().groups_alive = {};
  EXPECT_EQ(driver.fire_timer(), (Effects{"0: stopped, stopped"}));
}

TEST(ServiceStopTest, AShutdownCutsTheTimeoutToItsDeadline) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  EXPECT_EQ(driver.shutdown(base::seconds(6).ns),
            (Effects{"0: stopping", "0: timer stop 6s", "0: signal 15 to process 70"}));
}

TEST(ServiceStopTest, AShutdownCutsAStopUnderWayAndNeverLengthensIt) {
  MachineDriver cut(daemon_rules());
  cut.run(70);
  cut.restart();
  EXPECT_EQ(cut.shutdown(base::seconds(6).ns), (Effects{"0: timer stop 6s"}));
  cut.exited(70, 0);
  EXPECT_EQ(cut.state(), ServiceState::kStopped);
  MachineDriver kept(daemon_rules());
  kept.run(70);
  kept.stop();
  EXPECT_EQ(kept.shutdown(base::seconds(60).ns), Effects{});
}

TEST(ServiceStopTest, AShutdownMayBringItsOwnSignal) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  EXPECT_EQ(driver.shutdown(base::seconds(6).ns, SIGINT).back(), "0: signal 2 to process 70");
}

TEST(ServiceStopTest, AfterAShutdownThereIsNoWayBack) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  driver.shutdown(base::seconds(6).ns);
  EXPECT_EQ(driver.start(), Effects{});
  driver.restart();
  driver.exited(70, 0);
  EXPECT_EQ(driver.state(), ServiceState::kStopped);
  EXPECT_EQ(driver.start(), Effects{});
}

TEST(ServiceStopTest, AHurryKillsAtOnceAndOnlyOnce) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  driver.stop();
  EXPECT_EQ(driver.hurry(), (Effects{"0: cancel timer", "0: kill group 70"}));
  EXPECT_EQ(driver.hurry(), Effects{});
  EXPECT_EQ(driver.shutdown(1), Effects{});
}

TEST(ServiceStopTest, AHurryAbandonsASpawn) {
  MachineDriver driver(daemon_rules());
  driver.start();
  driver.dependencies_met();
  EXPECT_EQ(driver.hurry(), (Effects{"0: cancel timer", "0: stopping", "0: timer stop 10s",
                                     "0: cancel timer", "0: abandon", "0: stopped, stopped"}));
}

TEST(ServiceStopTest, StoppingWhatHasEndedChangesNothing) {
  ServiceRules rules = daemon_rules();
  rules.restart = RestartPolicy::kNever;
  MachineDriver driver(rules);
  driver.run(70);
  driver.exited(70, 3);
  EXPECT_EQ(driver.stop(), Effects{});
  EXPECT_EQ(driver.state(), ServiceState::kFailed);
}

}  // namespace
}  // namespace supervisor
