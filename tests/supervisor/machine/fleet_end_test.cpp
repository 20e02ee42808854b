#include <gtest/gtest.h>

#include <csignal>

#include "tests/supervisor/machine/fleet_driver.h"

namespace supervisor {
namespace {

FleetRules with_exit_code(std::int32_t code) {
  FleetRules rules;
  rules.exit_code = code;
  return rules;
}

TEST(FleetEndTest, APrimarysEndStopsTheOthersAndGivesItsCode) {
  FleetDriver driver({primary("web"), daemon("nginx"), daemon("agent")});
  driver.boot();
  EXPECT_EQ(driver.exited(100, 7),
            (Effects{"0: kill group 100", "0: failed, exited with code 7", "0: ended for good, 7",
                     "shutdown: web has ended, until 6s750ms", "give up in 7s750ms", "1: stopping",
                     "1: timer stop 6s750ms", "1: signal 15 to process 101", "2: stopping",
                     "2: timer stop 6s750ms", "2: signal 15 to process 102"}));
  driver.signaled(102, SIGTERM);
  EXPECT_EQ(driver.exited(101, 0).back(), "all stopped, 7");
  EXPECT_EQ(driver.fleet.state(), FleetState::kStopped);
}

TEST(FleetEndTest, APrimaryThatDiesOfASignalGives128AndTheSignal) {
  for (const int signal : {SIGSEGV, SIGKILL, SIGABRT}) {
    FleetDriver driver({primary("web")});
    driver.boot();
    EXPECT_EQ(driver.signaled(100, signal).back(), "all stopped, " + std::to_string(128 + signal));
  }
}

TEST(FleetEndTest, APrimaryThatCannotBeStartedGives127) {
  FleetDriver driver({primary("web")});
  driver.fleet.boot(0);
  driver.fleet.on_spawn_failed(0, 1, 127, "cannot start web: /web: no such file", 0);
  EXPECT_EQ(driver.port.take().back(), "all stopped, 127");
}

TEST(FleetEndTest, APrimaryThatDiedOfOurTermGives143) {
  FleetDriver driver({primary("web"), daemon("nginx")});
  driver.boot();
  driver.shutdown();
  driver.exited(101, 0);
  EXPECT_EQ(driver.signaled(100, SIGTERM).back(), "all stopped, 143");
}

TEST(FleetEndTest, TheFirstPrimaryThatEndsDecides) {
  FleetDriver driver({primary("a"), primary("b")});
  driver.boot();
  driver.exited(101, 5);
  EXPECT_EQ(driver.exited(100, 9).back(), "all stopped, 5");
}

TEST(FleetEndTest, WithoutAPrimaryItIsZero) {
  FleetDriver driver({daemon("a")});
  driver.boot();
  driver.shutdown();
  EXPECT_EQ(driver.signaled(100, SIGTERM).back(), "all stopped, 0");
}

TEST(FleetEndTest, WithoutAnyServiceItIsOverAtOnce) {
  FleetDriver driver({});
  EXPECT_EQ(driver.shutdown(), (Effects{"shutdown: TERM, until 6s750ms", "give up in 7s750ms",
                                        "cancel give up", "all stopped, 0"}));
}

TEST(FleetEndTest, TheConfiguredExitCodeReplacesThePrimarys) {
  FleetDriver driver({primary("web")}, with_exit_code(3));
  driver.boot();
  EXPECT_EQ(driver.exited(100, 7).back(), "all stopped, 3");
}

TEST(FleetEndTest, TheMapReplacesACode) {
  FleetRules rules;
  rules.exit_code_map = {{"143", 0}};
  FleetDriver driver({primary("web")}, rules);
  driver.boot();
  driver.shutdown();
  EXPECT_EQ(driver.signaled(100, SIGTERM).back(), "all stopped, 0");
}

TEST(FleetEndTest, AnExplicitCodeIsLiteralAndFirst) {
  FleetRules rules = with_exit_code(3);
  rules.exit_code_map = {{"9", 1}};
  FleetDriver driver({primary("web")}, rules);
  driver.boot();
  driver.shutdown({.exit_code = 9});
  EXPECT_EQ(driver.exited(100, 7).back(), "all stopped, 9");
}

TEST(FleetEndTest, AnExplicitCodeAfterAPrimarysEndIsTooLate) {
  FleetDriver driver({primary("web"), daemon("nginx")});
  driver.boot();
  driver.exited(100, 7);
  driver.shutdown({.exit_code = 9});
  EXPECT_EQ(driver.signaled(101, SIGKILL).back(), "all stopped, 7");
}

TEST(FleetEndTest, ARestartLimitMayEndTheContainerWithThatServicesCode) {
  ServiceRules flaky = daemon("flaky");
  flaky.restart_limit = {1, base::seconds(10), RestartLimitThen::kShutdown};
  FleetDriver driver({flaky, primary("web")});
  driver.boot();
  driver.exited(100, 4);
  driver.fire_timer(0);
  driver.confirm(0, 200);
  driver.exited(200, 6);
  EXPECT_EQ(driver.fleet.state(), FleetState::kStopping);
  EXPECT_EQ(driver.signaled(101, SIGTERM).back(), "all stopped, 6");
}

TEST(FleetEndTest, APrimaryThatRestartsEndsTheContainerOnlyAtItsLimit) {
  ServiceRules web = primary("web");
  web.restart = RestartPolicy::kAlways;
  web.restart_limit = {1, base::seconds(10), RestartLimitThen::kStop};
  FleetDriver driver({web});
  driver.boot();
  driver.exited(100, 4);
  EXPECT_EQ(driver.fleet.state(), FleetState::kRunning);
  driver.fire_timer(0);
  driver.confirm(0, 200);
  EXPECT_EQ(driver.exited(200, 5).back(), "all stopped, 5");
}

TEST(FleetEndTest, APrimaryInBackoffHasTheCodeOfItsLastRun) {
  ServiceRules web = primary("web");
  web.restart = RestartPolicy::kAlways;
  FleetDriver driver({web});
  driver.boot();
  driver.exited(100, 4);
  EXPECT_EQ(driver.shutdown().back(), "all stopped, 4");
}

TEST(FleetEndTest, OneThatIgnoresItsSignalIsKilledAtItsTimeoutWithoutDelayingOthers) {
  ServiceRules stubborn = daemon("stubborn");
  stubborn.stop_timeout_ns = base::seconds(2).ns;
  FleetDriver driver({stubborn, daemon("quick")});
  driver.boot();
  driver.shutdown();
  driver.exited(101, 0);
  EXPECT_EQ(driver.state(1), ServiceState::kStopped);
  EXPECT_EQ(driver.fire_timer(0), (Effects{"0: kill group 100"}));
  EXPECT_EQ(driver.now_ns, base::seconds(2).ns);
  EXPECT_EQ(driver.signaled(100, SIGKILL).back(), "all stopped, 0");
}

TEST(FleetEndTest, TheReserveIsAtMostFiveSeconds) {
  FleetRules rules;
  rules.shutdown_timeout_ns = base::seconds(100).ns;
  FleetDriver driver({}, rules);
  EXPECT_EQ(driver.shutdown().front(), "shutdown: TERM, until 1m35s");
}

TEST(FleetEndTest, ABudgetOfNothingKillsAtOnce) {
  FleetRules rules;
  rules.shutdown_timeout_ns = 0;
  FleetDriver driver({daemon("a")}, rules);
  driver.boot();
  EXPECT_EQ(driver.shutdown(), (Effects{"shutdown: TERM, until 0s", "give up in 0s", "0: stopping",
                                        "0: timer stop 0s", "0: signal 15 to process 100"}));
}

TEST(FleetEndTest, GivesUpOnAProcessThatTheKernelHolds) {
  FleetDriver driver({primary("web")});
  driver.boot();
  driver.shutdown();
  driver.fire_timer(0);
  driver.fleet.on_fleet_timer(driver.port.fleet_timer_generation, base::milliseconds(7750).ns);
  EXPECT_EQ(driver.port.take().back(), "all stopped, 0, 1 left");
  EXPECT_EQ(driver.signaled(100, SIGKILL).back(), "0: stopped, stopped");  // and no second end
}

TEST(FleetEndTest, ASecondRequestHurriesAndBringsTheGivingUpForward) {
  FleetDriver driver({daemon("a"), daemon("b")});
  driver.boot();
  driver.shutdown();
  driver.now_ns = base::milliseconds(500).ns;
  EXPECT_EQ(driver.shutdown(), (Effects{"give up in 1s", "0: cancel timer", "0: kill group 100",
                                        "1: cancel timer", "1: kill group 101"}));
  driver.signaled(100, SIGKILL);
  EXPECT_EQ(driver.signaled(101, SIGKILL).back(), "all stopped, 0");
}

TEST(FleetEndTest, AGiveUpTimerFromBeforeTheHurryIsStale) {
  FleetDriver driver({daemon("a")});
  driver.boot();
  driver.shutdown();
  const std::uint64_t stale = driver.port.fleet_timer_generation;
  driver.shutdown();
  driver.fleet.on_fleet_timer(stale, 0);
  EXPECT_EQ(driver.fleet.state(), FleetState::kStopping);
}

TEST(FleetEndTest, PrimariesGetTheSignalThatCame) {
  FleetDriver driver({primary("web"), daemon("nginx")});
  driver.boot();
  const Effects effects = driver.shutdown({.primary_signal = SIGINT, .reason = "INT"});
  EXPECT_EQ(effects[4], "0: signal 2 to process 100");
  EXPECT_EQ(effects[7], "1: signal 15 to process 101");
}

TEST(FleetEndTest, AStopWhileStartingIsHeard) {
  FleetDriver driver({primary("web")});
  driver.fleet.boot(0);
  driver.shutdown();
  driver.confirm(0, 100);
  EXPECT_EQ(driver.port.take(), (Effects{"0: signal 15 to process 100"}));
  EXPECT_EQ(driver.signaled(100, SIGTERM).back(), "all stopped, 143");
}

TEST(FleetEndTest, AGroupThatLingersHoldsTheEndUntilItIsGone) {
  ServiceRules shell = daemon("shell");
  shell.stop_to = StopTo::kGroup;
  FleetDriver driver({shell});
  driver.boot();
  driver.shutdown();
  driver.port.groups_alive = {100};
  driver.signaled(100, SIGTERM);
  driver.fleet.on_reaped(0);
  EXPECT_EQ(driver.fleet.state(), FleetState::kStopping);
  driver.port.groups_alive = {};
  driver.fleet.on_reaped(0);
  EXPECT_EQ(driver.port.take().back(), "all stopped, 0");
}

}  // namespace
}  // namespace supervisor
