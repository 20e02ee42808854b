// Hooks inside a service's life. Covers supervisor/machine/service_hooks.cpp.
#include <gtest/gtest.h>

#include "tests/supervisor/machine/machine_driver.h"

namespace supervisor {
namespace {

constexpr std::uint64_t kSecond = base::kNsPerSecond;

ServiceRules with_exit_hook() {
  ServiceRules rules;
  rules.has_exit_hook = true;
  return rules;
}

ServiceRules with_stop_command() {
  ServiceRules rules;
  rules.has_stop_command = true;
  return rules;
}

Effects hook_done(MachineDriver& driver, HookKind hook) {
  return driver.step({.kind = ServiceEventKind::kHookDone, .hook = hook});
}

TEST(ServiceHooksTest, ACrashIsOverWhenItsHookIs) {
  MachineDriver driver(with_exit_hook());
  driver.run(100);
  EXPECT_EQ(driver.exited(100, 3),
            (Effects{"0: kill group 100", "0: stopping, exited with code 3", "0: timer hook 5s",
                     "0: run on_exit, exited with code 3"}));
  EXPECT_EQ(driver.machine().pid(), 0);
  EXPECT_EQ(
      hook_done(driver, HookKind::kExit),
      (Effects{"0: cancel timer", "0: backoff, exited with code 3", "0: timer backoff 100ms"}));
}

TEST(ServiceHooksTest, AHookThatHangsIsGivenUpOn) {
  MachineDriver driver(with_exit_hook());
  driver.run(100);
  driver.exited(100, 3);
  EXPECT_EQ(driver.fire_timer(), (Effects{"0: abandon on_exit", "0: backoff, exited with code 3",
                                          "0: timer backoff 100ms"}));
}

TEST(ServiceHooksTest, AStopEndsWithTheHook) {
  MachineDriver driver(with_exit_hook());
  driver.run(100);
  driver.stop();
  EXPECT_EQ(driver.signaled(100, 15), (Effects{"0: kill group 100", "0: cancel timer",
                                               "0: timer hook 5s", "0: run on_exit, stopped"}));
  EXPECT_EQ(driver.state(), ServiceState::kStopping);
  EXPECT_EQ(hook_done(driver, HookKind::kExit),
            (Effects{"0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceHooksTest, AStopDuringACrashsHookMeansNoRestart) {
  MachineDriver driver(with_exit_hook());
  driver.run(100);
  driver.exited(100, 3);
  driver.stop();
  hook_done(driver, HookKind::kExit);
  EXPECT_EQ(driver.state(), ServiceState::kStopped);
}

TEST(ServiceHooksTest, AStartThatFailedHasNoEnd) {
  MachineDriver driver(with_exit_hook());
  driver.start();
  driver.dependencies_met();
  driver.spawn_failed(127, "no such file");
  EXPECT_EQ(driver.state(), ServiceState::kBackoff);
}

TEST(ServiceHooksTest, AtAShutdownTheHookHasWhatIsLeftAndHalfASecondAtLeast) {
  MachineDriver driver(with_exit_hook());
  driver.run(100);
  driver.shutdown(2 * kSecond);
  driver.now_ns = kSecond;
  EXPECT_EQ(driver.exited(100, 0), (Effects{"0: kill group 100", "0: cancel timer",
                                            "0: timer hook 1s", "0: run on_exit, stopped"}));

  MachineDriver deaf(with_exit_hook());
  deaf.run(100);
  deaf.shutdown(2 * kSecond);
  deaf.fire_timer();
  EXPECT_EQ(deaf.signaled(100, 9), (Effects{"0: kill group 100", "0: timer hook 500ms",
                                            "0: run on_exit, killed: it did not stop in time"}));
  hook_done(deaf, HookKind::kExit);
  ASSERT_TRUE(deaf.machine().stop_report());
  EXPECT_TRUE(deaf.machine().stop_report()->killed);
  EXPECT_EQ(deaf.machine().stop_report()->took_ns, 2 * kSecond);
}

TEST(ServiceHooksTest, AHurryLeavesTheHookOut) {
  MachineDriver driver(with_exit_hook());
  driver.run(100);
  driver.hurry();
  driver.signaled(100, 9);
  EXPECT_EQ(driver.state(), ServiceState::kStopped);

  MachineDriver hooking(with_exit_hook());
  hooking.run(100);
  hooking.exited(100, 1);
  EXPECT_EQ(hooking.hurry(),
            (Effects{"0: abandon on_exit", "0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceHooksTest, TheStopCommandComesBeforeTheSignalAndSharesItsTime) {
  MachineDriver driver(with_stop_command());
  driver.run(100);
  EXPECT_EQ(driver.stop(), (Effects{"0: stopping", "0: timer stop 10s", "0: run stop.command"}));
  EXPECT_EQ(hook_done(driver, HookKind::kStop), Effects{"0: signal 15 to process 100"});
  EXPECT_EQ(driver.exited(100, 0),
            (Effects{"0: kill group 100", "0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceHooksTest, AServiceThatObeysItsStopCommandWaitsForIt) {
  MachineDriver driver(with_stop_command());
  driver.run(100);
  driver.stop();
  driver.exited(100, 0);
  EXPECT_EQ(driver.state(), ServiceState::kStopping);
  EXPECT_EQ(hook_done(driver, HookKind::kStop),
            (Effects{"0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceHooksTest, AStopCommandThatHangsGoesWithTheKill) {
  MachineDriver driver(with_stop_command());
  driver.run(100);
  driver.stop();
  EXPECT_EQ(driver.fire_timer(), (Effects{"0: abandon stop.command", "0: kill group 100"}));
}

TEST(ServiceHooksTest, AOneshotThatIsDoneIsUndoneByItsStopCommand) {
  ServiceRules rules = with_stop_command();
  rules.type = ServiceType::kOneshot;
  rules.restart = RestartPolicy::kNever;
  MachineDriver driver(rules);
  driver.run(100);
  driver.exited(100, 0);
  ASSERT_EQ(driver.state(), ServiceState::kDone);
  EXPECT_EQ(driver.stop(), (Effects{"0: stopping", "0: timer stop 10s", "0: run stop.command"}));
  EXPECT_EQ(hook_done(driver, HookKind::kStop),
            (Effects{"0: cancel timer", "0: stopped, stopped"}));
}

TEST(ServiceHooksTest, LateAnswersOfHooksAreNothing) {
  ServiceRules rules = with_stop_command();
  rules.has_exit_hook = true;
  MachineDriver driver(rules);
  driver.run(100);
  EXPECT_EQ(hook_done(driver, HookKind::kStop), Effects{});
  EXPECT_EQ(hook_done(driver, HookKind::kExit), Effects{});
  EXPECT_EQ(driver.state(), ServiceState::kRunning);
}

}  // namespace
}  // namespace supervisor
