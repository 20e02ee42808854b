// Another main process than was started, and the sweep at the end of a stop.
// Covers supervisor/machine/service_hooks.cpp and supervisor/machine/service_run.cpp.
#include <gtest/gtest.h>

#include "tests/supervisor/machine/machine_driver.h"

namespace supervisor {
namespace {

Effects main_pid(MachineDriver& driver, pid_t pid, pid_t group) {
  return driver.step({.kind = ServiceEventKind::kMainPid, .pid = pid, .group = group});
}

TEST(ServiceMainPidTest, TheEndOfWhatWasStartedMeansNothingThen) {
  MachineDriver driver({});
  driver.run(100);
  EXPECT_EQ(main_pid(driver, 107, 106), Effects{});
  EXPECT_EQ(driver.machine().pid(), 107);
  EXPECT_EQ(driver.machine().former_pid(), 100);
  EXPECT_EQ(driver.exited(100, 0), Effects{});
  EXPECT_EQ(driver.state(), ServiceState::kRunning);
  EXPECT_EQ(driver.exited(107, 3), (Effects{"0: kill group 106", "0: backoff, exited with code 3",
                                            "0: timer backoff 100ms"}));
}

TEST(ServiceMainPidTest, WhatWasStartedGoesWithTheMainProcess) {
  MachineDriver driver({});
  driver.run(100);
  main_pid(driver, 107, 107);
  EXPECT_EQ(driver.exited(107, 3),
            (Effects{"0: kill group 107", "0: kill group 100", "0: backoff, exited with code 3",
                     "0: timer backoff 100ms"}));
}

TEST(ServiceMainPidTest, AStopAsksTheMainProcessOrItsGroup) {
  MachineDriver process({});
  process.run(100);
  main_pid(process, 107, 106);
  EXPECT_EQ(process.stop().back(), "0: signal 15 to process 107");
  ServiceRules rules;
  rules.stop_to = StopTo::kGroup;
  MachineDriver group(rules);
  group.run(100);
  main_pid(group, 107, 106);
  EXPECT_EQ(group.stop().back(), "0: signal 15 to group 106");
}

TEST(ServiceMainPidTest, ToldInTheMiddleOfAStopItIsAskedAndKilledToo) {
  MachineDriver driver({});
  driver.run(100);
  driver.stop();
  EXPECT_EQ(main_pid(driver, 107, 107), Effects{"0: signal 15 to process 107"});
  EXPECT_EQ(driver.fire_timer(), (Effects{"0: kill group 107", "0: kill group 100"}));
  EXPECT_EQ(main_pid(driver, 108, 108), (Effects{"0: kill group 108", "0: kill group 100"}));
}

TEST(ServiceMainPidTest, MayBeToldBeforeTheStartIsConfirmed) {
  MachineDriver driver({});
  driver.start();
  driver.dependencies_met();
  EXPECT_EQ(main_pid(driver, 107, 107), Effects{});
  driver.spawned(100);
  EXPECT_EQ(driver.machine().pid(), 107);
  EXPECT_EQ(driver.exited(100, 0), Effects{});
  driver.exited(107, 0);
  EXPECT_EQ(driver.state(), ServiceState::kBackoff);
  driver.run_again(200);
  EXPECT_EQ(driver.machine().pid(), 200) << "it is of one run";
}

TEST(ServiceMainPidTest, OfARunThatIsOverChangesNothing) {
  MachineDriver driver({});
  driver.run(100);
  driver.exited(100, 1);
  EXPECT_EQ(main_pid(driver, 107, 107), Effects{});
  EXPECT_EQ(driver.machine().pid(), 0);
}

ServiceRules sweeping() {
  ServiceRules rules;
  rules.sweeps = true;
  return rules;
}

Effects swept(MachineDriver& driver) {
  return driver.step({.kind = ServiceEventKind::kHookDone, .hook = HookKind::kSweep});
}

TEST(ServiceSweepTest, AStopIsOverWhenNobodyIsLeft) {
  MachineDriver driver(sweeping());
  driver.run(100);
  driver.stop();
  EXPECT_EQ(driver.signaled(100, 15),
            (Effects{"0: kill group 100", "0: cancel timer", "0: timer hook 2s", "0: run sweep"}));
  EXPECT_EQ(driver.state(), ServiceState::kStopping);
  EXPECT_EQ(swept(driver), (Effects{"0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceSweepTest, ComesBeforeOnExitAndBeforeTheNextStart) {
  ServiceRules rules = sweeping();
  rules.has_exit_hook = true;
  MachineDriver driver(rules);
  driver.run(100);
  driver.restart();
  driver.signaled(100, 15);
  EXPECT_EQ(swept(driver).back(), "0: run on_exit, stopped");
  driver.step({.kind = ServiceEventKind::kHookDone, .hook = HookKind::kExit});
  EXPECT_EQ(driver.state(), ServiceState::kWaiting);
}

TEST(ServiceSweepTest, ACrashHasNone) {
  MachineDriver driver(sweeping());
  driver.run(100);
  driver.exited(100, 3);
  EXPECT_EQ(driver.state(), ServiceState::kBackoff);
}

TEST(ServiceSweepTest, OneThatHangsIsGivenUpOn) {
  MachineDriver driver(sweeping());
  driver.run(100);
  driver.stop();
  driver.signaled(100, 15);
  EXPECT_EQ(driver.fire_timer(), (Effects{"0: abandon sweep", "0: stopped, stopped"}));
}

TEST(ServiceSweepTest, AHurryEndsTheOneBehindAKillToo) {
  MachineDriver driver(sweeping());
  driver.run(100);
  driver.stop();
  driver.fire_timer();
  driver.signaled(100, 9);
  EXPECT_EQ(driver.state(), ServiceState::kStopping);
  EXPECT_EQ(driver.hurry(),
            (Effects{"0: abandon sweep", "0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceSweepTest, AHurryLeavesItOut) {
  MachineDriver driver(sweeping());
  driver.run(100);
  driver.hurry();
  driver.signaled(100, 9);
  EXPECT_EQ(driver.state(), ServiceState::kStopped);
  MachineDriver late(sweeping());
  late.run(100);
  late.stop();
  late.signaled(100, 15);
  late.hurry();
  EXPECT_EQ(late.state(), ServiceState::kStopped) << "in the middle of one";
}

}  // namespace
}  // namespace supervisor
