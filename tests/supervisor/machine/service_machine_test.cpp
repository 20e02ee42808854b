// Covers supervisor/machine/service_run.cpp too.
#include "supervisor/machine/service_machine.h"

#include <gtest/gtest.h>

#include "tests/supervisor/machine/machine_driver.h"

namespace supervisor {
namespace {

ServiceRules daemon_rules() {
  ServiceRules rules;
  rules.name = "web";
  return rules;
}
ServiceRules oneshot_rules(RestartPolicy restart = RestartPolicy::kNever) {
  ServiceRules rules = daemon_rules();
  rules.type = ServiceType::kOneshot;
  rules.restart = restart;
  return rules;
}

TEST(ServiceMachineTest, AStartGoesThroughWaitingAndStartingToRunning) {
  MachineDriver driver(daemon_rules());
  EXPECT_EQ(driver.start(), (Effects{"0: waiting"}));
  EXPECT_EQ(driver.dependencies_met(),
            (Effects{"0: starting", "0: timer spawn 10s", "0: spawn 1"}));
  driver.now_ns = 5;
  EXPECT_EQ(driver.spawned(70), (Effects{"0: cancel timer", "0: running"}));
  EXPECT_EQ(driver.machine().pid(), 70);
  EXPECT_EQ(driver.machine().since_ns(), 5U);
  EXPECT_EQ(driver.machine().restarts(), 0U);
}

TEST(ServiceMachineTest, WaitsWithTheReasonWhileDependenciesAreBlocked) {
  MachineDriver driver(daemon_rules());
  driver.start();
  EXPECT_EQ(driver.step({.kind = ServiceEventKind::kDependenciesBlocked, .text = "db has failed"}),
            Effects{});
  EXPECT_EQ(driver.state(), ServiceState::kWaiting);
  EXPECT_EQ(driver.machine().reason(), "db has failed");
}

TEST(ServiceMachineTest, WithReadinessItIsStartingUntilItSaysSo) {
  ServiceRules rules = daemon_rules();
  rules.checks.ready = ReadySource::kItself;
  MachineDriver driver(rules);
  driver.run(70);
  EXPECT_EQ(driver.state(), ServiceState::kStarting);
  EXPECT_EQ(driver.machine().pid(), 70);
  EXPECT_EQ(driver.ready(), (Effects{"0: running"}));
  EXPECT_EQ(driver.ready(), Effects{});
}

TEST(ServiceMachineTest, ACrashKillsTheRestOfTheGroupAndRestartsAfterTheBackoff) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  EXPECT_EQ(driver.signaled(70, 9), (Effects{"0: kill group 70", "0: backoff, killed by signal 9",
                                             "0: timer backoff 100ms"}));
  EXPECT_EQ(driver.machine().pid(), 0);
  EXPECT_EQ(driver.fire_timer(), (Effects{"0: waiting"}));
  driver.dependencies_met();
  driver.spawned(71);
  EXPECT_EQ(driver.state(), ServiceState::kRunning);
  EXPECT_EQ(driver.machine().restarts(), 1U);
  EXPECT_EQ(driver.machine().last_exit(), ExitStatus::signaled(9));
}

TEST(ServiceMachineTest, CrashesInARowWaitLongerUntilARunIsLong) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  EXPECT_EQ(driver.exited(70, 1).back(), "0: timer backoff 100ms");
  driver.run_again(71);
  EXPECT_EQ(driver.exited(71, 1).back(), "0: timer backoff 200ms");
  driver.run_again(72);
  driver.now_ns += base::seconds(30).ns;
  EXPECT_EQ(driver.exited(72, 1).back(), "0: timer backoff 100ms");
}

TEST(ServiceMachineTest, ASpawnFailureIsRetriedAndKeepsItsReason) {
  MachineDriver driver(daemon_rules());
  driver.start();
  driver.dependencies_met();
  EXPECT_EQ(driver.spawn_failed(127, "cannot start web: /web: no such file"),
            (Effects{"0: cancel timer", "0: backoff, cannot start web: /web: no such file",
                     "0: timer backoff 100ms"}));
  EXPECT_EQ(driver.machine().reason(), "cannot start web: /web: no such file");
  EXPECT_EQ(driver.machine().last_exit(), ExitStatus::not_started(127));
}

// Seen with `backoff = {initial = "0s", max = "0s"}`: PID 1 tried for ever to start a service and
// never got to hear that its log pipes were free again.
TEST(ServiceMachineTest, AFailedStartIsNotRetriedAtOnceEvenWithoutBackoff) {
  ServiceRules rules = daemon_rules();
  rules.backoff.initial = rules.backoff.max = {};
  MachineDriver driver(rules);
  driver.start();
  driver.dependencies_met();
  EXPECT_EQ(driver.spawn_failed(126, "no pipes").back(), "0: timer backoff 10ms");
  driver.run_again(70);
  EXPECT_EQ(driver.signaled(70, 9).back(), "0: timer backoff 0s");
}

TEST(ServiceMachineTest, ASpawnFailureOfAServiceThatIsNeverRestartedIsItsEnd) {
  ServiceRules rules = daemon_rules();
  rules.restart = RestartPolicy::kNever;
  MachineDriver driver(rules);
  driver.start();
  driver.dependencies_met();
  EXPECT_EQ(driver.spawn_failed(127, "no such file"),
            (Effects{"0: cancel timer", "0: failed, no such file", "0: ended for good, 127"}));
}

TEST(ServiceMachineTest, AStuckSpawnIsAbandonedAndCountsAsAFailedStart) {
  MachineDriver driver(daemon_rules());
  driver.start();
  driver.dependencies_met();
  EXPECT_EQ(driver.fire_timer(),
            (Effects{"0: abandon", "0: backoff, cannot start web: the start hung for 10s",
                     "0: timer backoff 100ms"}));
  EXPECT_EQ(driver.machine().last_exit(), ExitStatus::not_started(126));
}

TEST(ServiceMachineTest, ASpawnReportedAfterItWasAbandonedIsKilled) {
  MachineDriver driver(daemon_rules());
  driver.start();
  driver.dependencies_met();
  driver.fire_timer();
  EXPECT_EQ(driver.spawned(70), (Effects{"0: kill group 70"}));
  EXPECT_EQ(driver.state(), ServiceState::kBackoff);
}

TEST(ServiceMachineTest, AnOldSpawnsReportIsNotTakenForTheNewOne) {
  MachineDriver driver(daemon_rules());
  driver.start();
  driver.dependencies_met();
  driver.fire_timer();
  driver.fire_timer();
  driver.dependencies_met();
  EXPECT_EQ(driver.step({.kind = ServiceEventKind::kSpawned, .pid = 70, .incarnation = 1}),
            (Effects{"0: kill group 70"}));
  EXPECT_EQ(driver.step({.kind = ServiceEventKind::kSpawnFailed, .incarnation = 1}), Effects{});
  EXPECT_EQ(driver.state(), ServiceState::kStarting);
}

TEST(ServiceMachineTest, AOneshotThatSucceedsIsDoneAndKeepsItsGroup) {
  MachineDriver driver(oneshot_rules());
  driver.run(70);
  EXPECT_EQ(driver.exited(70, 0), (Effects{"0: done, exited with code 0", "0: ended for good, 0"}));
}

TEST(ServiceMachineTest, AOneshotThatFailsHasFailedOrIsTriedAgain) {
  MachineDriver never(oneshot_rules());
  never.run(70);
  EXPECT_EQ(never.exited(70, 3),
            (Effects{"0: kill group 70", "0: failed, exited with code 3", "0: ended for good, 3"}));
  MachineDriver on_failure(oneshot_rules(RestartPolicy::kOnFailure));
  on_failure.run(70);
  on_failure.exited(70, 3);
  EXPECT_EQ(on_failure.state(), ServiceState::kBackoff);
}

TEST(ServiceMachineTest, AListedExitCodeIsNoFailure) {
  ServiceRules rules = daemon_rules();
  rules.restart = RestartPolicy::kOnFailure;
  rules.success_exit_codes = {0, 143};
  MachineDriver driver(rules);
  driver.run(70);
  driver.exited(70, 143);
  EXPECT_EQ(driver.state(), ServiceState::kDone);
}

TEST(ServiceMachineTest, TheRestartLimitEndsItForGood) {
  ServiceRules rules = daemon_rules();
  rules.restart_limit = {1, base::seconds(10), RestartLimitThen::kStop};
  MachineDriver driver(rules);
  driver.run(70);
  driver.exited(70, 1);
  driver.run_again(71);
  EXPECT_EQ(driver.exited(71, 7),
            (Effects{"0: kill group 71",
                     "0: failed, exited with code 7; restart_limit: 1 restarts within 10s",
                     "0: ended for good, 7"}));
}

TEST(ServiceMachineTest, TheRestartLimitMayAskForAShutdown) {
  ServiceRules rules = daemon_rules();
  rules.restart_limit = {1, base::seconds(10), RestartLimitThen::kShutdown};
  MachineDriver driver(rules);
  driver.run(70);
  driver.exited(70, 1);
  driver.run_again(71);
  EXPECT_EQ(driver.exited(71, 7).back(), "0: ended for good, 7, shutdown");
}

TEST(ServiceMachineTest, TheOperatorsStartForgivesTheRestartLimitAndTheBackoff) {
  ServiceRules rules = daemon_rules();
  rules.restart_limit = {1, base::seconds(10), RestartLimitThen::kStop};
  MachineDriver driver(rules);
  driver.run(70);
  driver.exited(70, 1);
  driver.run_again(71);
  driver.exited(71, 1);
  ASSERT_EQ(driver.state(), ServiceState::kFailed);
  driver.run(72);
  EXPECT_EQ(driver.exited(72, 1).back(), "0: timer backoff 100ms");
  EXPECT_EQ(driver.machine().restarts(), 1U);
}

TEST(ServiceMachineTest, TheOperatorsStartDoesNotWaitForTheBackoff) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  driver.exited(70, 1);
  EXPECT_EQ(driver.start(), (Effects{"0: cancel timer", "0: waiting"}));
  EXPECT_EQ(driver.machine().restarts(), 0U);
}

TEST(ServiceMachineTest, AStaleTimerIsIgnored) {
  MachineDriver driver(daemon_rules());
  driver.start();
  driver.dependencies_met();
  const std::uint64_t spawn_timer = driver.machine().timer()->generation;
  driver.spawned(70);
  driver.exited(70, 1);
  EXPECT_EQ(driver.step({.kind = ServiceEventKind::kTimer, .generation = spawn_timer}), Effects{});
  EXPECT_EQ(driver.state(), ServiceState::kBackoff);
}

TEST(ServiceMachineTest, TheExitOfAnotherPidIsIgnored) {
  MachineDriver driver(daemon_rules());
  driver.run(70);
  EXPECT_EQ(driver.exited(69, 1), Effects{});
  EXPECT_EQ(driver.state(), ServiceState::kRunning);
}

}  // namespace
}  // namespace supervisor
