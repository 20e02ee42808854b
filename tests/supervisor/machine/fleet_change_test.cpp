// A running fleet whose configuration was read again: supervisor/machine/fleet_change.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/supervisor/machine/fleet_driver.h"

namespace supervisor {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ServiceRules requiring(std::string name, std::string on) {
  ServiceRules rules = daemon(std::move(name));
  rules.dependencies = {{std::move(on), DependencyKind::kRequires}};
  return rules;
}

ServiceRules with_stop_signal(ServiceRules rules, int signal) {
  rules.stop_signal = signal;
  return rules;
}

void change(FleetDriver& driver, FleetChange change) {
  EXPECT_TRUE(driver.fleet.change(std::move(change), driver.now_ns));
}

FleetChange adding(std::vector<FleetChange::Service> added) {
  FleetChange change;
  change.added = std::move(added);
  return change;
}
FleetChange removing(std::vector<ServiceId> removed) {
  FleetChange change;
  change.removed = std::move(removed);
  return change;
}
FleetChange restarting(ServiceId id, ServiceRules rules) {
  FleetChange change;
  change.restarted.push_back({id, std::move(rules)});
  return change;
}
FleetChange updating(ServiceId id, ServiceRules rules) {
  FleetChange change;
  change.updated.push_back({id, std::move(rules)});
  return change;
}

TEST(FleetChangeTest, AnAddedServiceStartsAfterWhatItRequires) {
  FleetDriver driver({daemon("db")});
  driver.boot();
  change(driver, adding({{1, requiring("web", "cache")}, {2, daemon("cache")}}));
  EXPECT_EQ(driver.state(1), ServiceState::kWaiting);
  EXPECT_EQ(driver.state(2), ServiceState::kStarting);
  driver.confirm(2, 102);
  EXPECT_EQ(driver.state(1), ServiceState::kStarting);
  EXPECT_EQ(driver.fleet.find("web"), 1U);
}

TEST(FleetChangeTest, AnAddedServiceThatStartsByHandWaitsForThat) {
  FleetDriver driver({daemon("db")});
  driver.boot();
  ServiceRules manual = daemon("job");
  manual.start = StartMode::kManual;
  change(driver, adding({{1, manual}}));
  EXPECT_EQ(driver.state(1), ServiceState::kStopped);
  EXPECT_TRUE(driver.fleet.start("job", 0));
  EXPECT_EQ(driver.state(1), ServiceState::kStarting);
}

TEST(FleetChangeTest, RemovedServicesStopInOrderAndAreFoundNoMore) {
  FleetDriver driver({daemon("db"), requiring("web", "db"), daemon("other")});
  driver.boot();
  change(driver, removing({0, 1}));
  EXPECT_EQ(driver.fleet.find("db"), std::nullopt);
  EXPECT_FALSE(driver.fleet.stop("web", 0));
  EXPECT_TRUE(driver.fleet.service(0).stop_held());
  EXPECT_THAT(driver.port.take(), Contains("1: signal 15 to process 101"));
  EXPECT_THAT(driver.signaled(101, SIGTERM), Contains("0: signal 15 to process 100"));
  driver.signaled(100, SIGTERM);
  EXPECT_EQ(driver.state(0), ServiceState::kStopped);
  EXPECT_EQ(driver.fleet.service(0).reason(), "removed");
  EXPECT_EQ(driver.state(2), ServiceState::kRunning);
}

TEST(FleetChangeTest, TheEndWaitsForWhoWasRemovedAndStillStops) {
  FleetDriver driver({primary("app"), daemon("old")});
  driver.boot();
  change(driver, removing({1}));
  driver.shutdown();
  driver.exited(100, 0);
  EXPECT_EQ(driver.fleet.state(), FleetState::kStopping);
  driver.signaled(101, SIGTERM);
  EXPECT_EQ(driver.fleet.state(), FleetState::kStopped);
}

TEST(FleetChangeTest, ARemovedPrimaryEndsNothing) {
  FleetDriver driver({primary("app"), daemon("db")});
  driver.boot();
  change(driver, removing({0}));
  driver.exited(100, 7);
  EXPECT_EQ(driver.fleet.state(), FleetState::kRunning);
  EXPECT_EQ(driver.fleet.first_primary(), std::nullopt);
  driver.shutdown();
  EXPECT_THAT(driver.signaled(101, SIGTERM), Contains("all stopped, 0"));
}

TEST(FleetChangeTest, AChangedServiceEndsByTheOldRulesAndStartsByTheNew) {
  FleetDriver driver({with_stop_signal(daemon("web"), SIGINT)});
  driver.boot();
  change(driver, restarting(0, with_stop_signal(daemon("web"), SIGQUIT)));
  EXPECT_THAT(driver.port.take(), Contains("0: signal 2 to process 100"));
  EXPECT_EQ(driver.fleet.service(0).rules().stop_signal, SIGINT);
  driver.signaled(100, SIGINT);
  EXPECT_EQ(driver.state(0), ServiceState::kStarting);
  EXPECT_EQ(driver.fleet.service(0).rules().stop_signal, SIGQUIT);
}

TEST(FleetChangeTest, ARestartOfThePrimaryIsNotItsEnd) {
  FleetDriver driver({primary("app")});
  driver.boot();
  change(driver, restarting(0, primary("app")));
  driver.signaled(100, SIGTERM);
  EXPECT_EQ(driver.fleet.state(), FleetState::kRunning);
  EXPECT_EQ(driver.state(0), ServiceState::kStarting);
}

TEST(FleetChangeTest, OneThatWasStoppedByHandStaysSo) {
  FleetDriver driver({daemon("web")});
  driver.boot();
  EXPECT_TRUE(driver.fleet.stop("web", 0));
  driver.signaled(100, SIGTERM);
  change(driver, restarting(0, with_stop_signal(daemon("web"), SIGQUIT)));
  EXPECT_EQ(driver.state(0), ServiceState::kStopped);
  EXPECT_EQ(driver.fleet.service(0).rules().stop_signal, SIGQUIT);
}

TEST(FleetChangeTest, OneThatHasFailedIsTriedAgain) {
  ServiceRules once = daemon("web");
  once.restart = RestartPolicy::kNever;
  FleetDriver driver({once});
  driver.boot();
  driver.exited(100, 1);
  EXPECT_EQ(driver.state(0), ServiceState::kFailed);
  change(driver, restarting(0, once));
  EXPECT_EQ(driver.state(0), ServiceState::kStarting);
}

TEST(FleetChangeTest, NewRulesHoldWithoutARestart) {
  FleetDriver driver({daemon("web")});
  driver.boot();
  ServiceRules rules = with_stop_signal(daemon("web"), SIGQUIT);
  rules.restart = RestartPolicy::kNever;
  change(driver, updating(0, rules));
  EXPECT_THAT(driver.port.take(), IsEmpty());
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
  EXPECT_TRUE(driver.fleet.stop("web", 0));
  EXPECT_THAT(driver.port.take(), Contains("0: signal 3 to process 100"));
}

TEST(FleetChangeTest, WhatARunningServiceWantsNowIsStarted) {
  ServiceRules manual = daemon("cache");
  manual.start = StartMode::kManual;
  FleetDriver driver({daemon("web"), manual});
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  change(driver, updating(0, requiring("web", "cache")));
  EXPECT_EQ(driver.state(1), ServiceState::kStarting);
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
}

TEST(FleetChangeTest, OtherChecksBeginAnewAndTheSameGoOn) {
  ServiceRules checked = daemon("web");
  checked.checks.health = HealthSource::kChecks;
  FleetDriver driver({checked});
  driver.boot();
  const std::uint64_t due_ns = driver.fleet.checks(0).due_ns();
  driver.now_ns = base::kNsPerSecond;
  change(driver, updating(0, with_stop_signal(checked, SIGQUIT)));
  EXPECT_EQ(driver.fleet.checks(0).due_ns(), due_ns);
  checked.checks.health_interval_ns = 2 * base::kNsPerSecond;
  change(driver, updating(0, checked));
  EXPECT_EQ(driver.fleet.checks(0).due_ns(), 3 * base::kNsPerSecond);
  checked.checks.health = HealthSource::kNone;
  change(driver, updating(0, checked));
  EXPECT_EQ(driver.fleet.checks(0).due_ns(), 0U);
}

TEST(FleetChangeTest, AServiceThatIsStartingStartsAnew) {
  ServiceRules slow = daemon("web");
  slow.checks.ready = ReadySource::kItself;
  FleetDriver driver({slow});
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  change(driver, updating(0, daemon("web")));
  EXPECT_EQ(driver.state(0), ServiceState::kStopping);
  driver.signaled(100, SIGTERM);
  driver.confirm(0, 101);
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
}

TEST(FleetChangeTest, AnIdIsUsedAgain) {
  FleetDriver driver({daemon("old"), daemon("web")});
  driver.boot();
  change(driver, removing({0}));
  EXPECT_EQ(driver.fleet.free_id("new", {}), std::nullopt) << "it still stops";
  EXPECT_EQ(driver.fleet.free_id("old", {}), 0U);
  driver.signaled(100, SIGTERM);
  EXPECT_EQ(driver.fleet.free_id("new", {}), 0U);
  EXPECT_EQ(driver.fleet.free_id("new", {0}), std::nullopt);
  change(driver, adding({{0, daemon("new")}}));
  EXPECT_EQ(driver.fleet.find("new"), 0U);
  EXPECT_EQ(driver.fleet.service(0).last_exit(), std::nullopt);
  EXPECT_EQ(driver.fleet.service(0).incarnation(), 2U) << "numbers go on";
}

TEST(FleetChangeTest, OneThatIsAddedAgainWhileItStopsComesBack) {
  FleetDriver driver({daemon("web")});
  driver.boot();
  change(driver, removing({0}));
  change(driver, adding({{0, with_stop_signal(daemon("web"), SIGQUIT)}}));
  EXPECT_EQ(driver.fleet.find("web"), 0U);
  driver.signaled(100, SIGTERM);
  EXPECT_EQ(driver.state(0), ServiceState::kStarting);
  EXPECT_EQ(driver.fleet.service(0).rules().stop_signal, SIGQUIT);
}

TEST(FleetChangeTest, NothingIsChangedDuringTheEnd) {
  FleetDriver driver({daemon("web")});
  driver.boot();
  driver.shutdown();
  const auto changed = driver.fleet.change(removing({0}), 0);
  ASSERT_FALSE(changed);
  EXPECT_THAT(changed.error().message, HasSubstr("being shut down"));
  EXPECT_EQ(driver.fleet.find("web"), 0U);
}

TEST(FleetChangeTest, TheBudgetOfTheEndIsTheNewOne) {
  FleetDriver driver({daemon("web")});
  driver.boot();
  FleetChange longer;
  longer.rules.shutdown_timeout_ns = 100 * base::kNsPerSecond;
  change(driver, std::move(longer));
  driver.shutdown();
  EXPECT_EQ(driver.fleet.service(0).timer()->due_ns, 10 * base::kNsPerSecond);
}

}  // namespace
}  // namespace supervisor
