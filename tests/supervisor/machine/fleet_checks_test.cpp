// Readiness and health in the fleet: supervisor/machine/fleet_checks.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/supervisor/machine/fleet_driver.h"

namespace supervisor {
namespace {

using testing::Contains;

ServiceRules checked(ServiceRules rules) {
  rules.checks.ready = ReadySource::kChecks;
  return rules;
}
ServiceRules with_health(ServiceRules rules, UnhealthyThen then) {
  rules.checks.health = HealthSource::kChecks;
  rules.checks.health_failures = 1;
  rules.unhealthy_then = then;
  return rules;
}
/// From a health timer to the end of the check.
void fail_health(FleetDriver& driver, std::uint64_t timer) {
  driver.fleet.on_check_timer(0, timer, driver.now_ns);
  driver.fleet.on_checked(0, timer + 1, "refused", driver.now_ns);
}

TEST(FleetChecksTest, AServiceIsStartingUntilItsCheckPasses) {
  FleetDriver driver({checked(daemon("web"))});
  driver.fleet.boot(0);
  driver.port.effects.clear();
  driver.confirm(0, 100);
  EXPECT_EQ(driver.port.take(),
            (Effects{"0: cancel timer", "0: check timer 1 3s", "0: check ready 1"}));
  EXPECT_EQ(driver.state(0), ServiceState::kStarting);
  driver.fleet.on_checked(0, 1, "", 0);
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
}

TEST(FleetChecksTest, AStartThatIsNotReadyInTimeIsACrash) {
  ServiceRules web = checked(daemon("web"));
  web.ready_timeout_ns = base::seconds(5).ns;
  FleetDriver driver({web});
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.port.effects.clear();
  const Effects effects = driver.fire_timer(0);
  EXPECT_EQ(driver.now_ns, base::seconds(5).ns);
  EXPECT_THAT(effects, Contains("0: signal 15 to process 100"));
  EXPECT_THAT(effects, Contains("0: abandon check"));
  EXPECT_EQ(driver.fleet.service(0).reason(), "not ready within 5s");
  driver.exited(100, 0);  // it takes the stop well, and has failed nevertheless
  EXPECT_EQ(driver.state(0), ServiceState::kBackoff);
  EXPECT_EQ(driver.fleet.service(0).reason(), "not ready within 5s");
}

TEST(FleetChecksTest, AStartThatIsNotReadyInTimeFailsForGoodWhenItIsNeverRestarted) {
  ServiceRules web = checked(primary("web"));
  web.ready_timeout_ns = base::seconds(5).ns;
  FleetDriver driver({web});
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.fire_timer(0);
  EXPECT_EQ(driver.exited(100, 0).back(), "all stopped, 1");
}

TEST(FleetChecksTest, TheLimitOfAStartCountsFromItsBeginning) {
  ServiceRules web = checked(daemon("web"));
  web.ready_timeout_ns = base::seconds(5).ns;
  FleetDriver driver({web});
  driver.fleet.boot(0);
  driver.now_ns = base::seconds(2).ns;
  driver.confirm(0, 100);
  EXPECT_EQ(driver.fleet.service(0).timer()->due_ns, base::seconds(5).ns);
}

TEST(FleetChecksTest, AServiceMayAskForALongerStart) {
  ServiceRules web = checked(daemon("web"));
  web.ready_timeout_ns = base::seconds(5).ns;
  FleetDriver driver({web});
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.fleet.on_extend(0, base::seconds(60).ns, 0);
  EXPECT_EQ(driver.fleet.service(0).timer()->due_ns, base::seconds(60).ns);
  driver.fleet.on_extend(0, base::seconds(1).ns, 0);  // never a shorter one
  EXPECT_EQ(driver.fleet.service(0).timer()->due_ns, base::seconds(60).ns);
}

TEST(FleetChecksTest, OneThatIsReadyBeforeItsSpawnIsConfirmedIsReady) {
  ServiceRules web = daemon("web");
  web.checks.ready = ReadySource::kItself;
  FleetDriver driver({web});
  driver.fleet.boot(0);
  driver.fleet.on_ready(0, 0);
  EXPECT_EQ(driver.state(0), ServiceState::kStarting);
  driver.confirm(0, 100);
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
}

TEST(FleetChecksTest, AnUnhealthyServiceIsRestartedEvenOneThatIsNever) {
  FleetDriver driver({with_health(primary("web"), UnhealthyThen::kRestart)});
  driver.boot();
  fail_health(driver, 1);
  EXPECT_EQ(driver.state(0), ServiceState::kStopping);
  EXPECT_FALSE(driver.fleet.checks(0).healthy());
  driver.signaled(100, SIGTERM);
  EXPECT_EQ(driver.state(0), ServiceState::kBackoff);
  EXPECT_EQ(driver.fleet.service(0).reason(), "unhealthy, 1 in a row: refused");
  driver.fire_timer(0);
  driver.confirm(0, 200);
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
  EXPECT_EQ(driver.fleet.service(0).restarts(), 1U);
  EXPECT_TRUE(driver.fleet.checks(0).healthy());
}

TEST(FleetChecksTest, AnUnhealthyServiceMayEndTheContainer) {
  FleetDriver driver({with_health(primary("web"), UnhealthyThen::kShutdown)});
  driver.boot();
  fail_health(driver, 1);
  EXPECT_EQ(driver.fleet.state(), FleetState::kStopping);
  EXPECT_EQ(driver.exited(100, 0).back(), "all stopped, 1");
}

TEST(FleetChecksTest, AnUnhealthyServiceMayJustBeOne) {
  FleetDriver driver({with_health(daemon("web"), UnhealthyThen::kNone)});
  driver.boot();
  fail_health(driver, 1);
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
  EXPECT_FALSE(driver.fleet.checks(0).healthy());
}

TEST(FleetChecksTest, AStopEndsTheLooking) {
  FleetDriver driver({with_health(daemon("web"), UnhealthyThen::kRestart)});
  driver.boot();
  ASSERT_TRUE(driver.fleet.stop("web", 0));
  EXPECT_THAT(driver.port.take(), Contains("0: cancel check timer"));
  fail_health(driver, 1);
  EXPECT_EQ(driver.port.take(), Effects{});
}

TEST(FleetChecksTest, AWatchdogThatSaysSoIsUnhealthyAtOnce) {
  ServiceRules web = with_health(daemon("web"), UnhealthyThen::kRestart);
  web.checks.health = HealthSource::kWatchdog;
  FleetDriver driver({web});
  driver.boot();
  driver.fleet.on_watchdog_trigger(0, 0);
  EXPECT_EQ(driver.state(0), ServiceState::kStopping);
}

}  // namespace
}  // namespace supervisor
