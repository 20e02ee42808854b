// Who starts before whom, who goes down with whom, who stops after whom:
// supervisor/machine/fleet_order.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/supervisor/machine/fleet_driver.h"

namespace supervisor {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr auto kAfter = DependencyKind::kAfter;
constexpr auto kWants = DependencyKind::kWants;
constexpr auto kRequires = DependencyKind::kRequires;

ServiceRules with(ServiceRules rules, std::vector<DependencyRule> dependencies) {
  rules.dependencies = std::move(dependencies);
  return rules;
}
ServiceRules awaits_ready(ServiceRules rules) {
  rules.checks.ready = ReadySource::kItself;
  return rules;
}
ServiceRules oneshot(std::string name) {
  ServiceRules rules = daemon(std::move(name));
  rules.type = ServiceType::kOneshot;
  rules.restart = RestartPolicy::kNever;
  return rules;
}
ServiceRules never_restarted(ServiceRules rules) {
  rules.restart = RestartPolicy::kNever;
  return rules;
}
ServiceRules manual(ServiceRules rules) {
  rules.start = StartMode::kManual;
  return rules;
}

// In each fleet 0 is `db` and 1 is `web`, which depends on it.
FleetDriver db_and_web(ServiceRules db, DependencyKind kind, ServiceRules web = daemon("web")) {
  return FleetDriver({std::move(db), with(std::move(web), {{"db", kind}})});
}

class EachKindTest : public testing::TestWithParam<DependencyKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EachKindTest, testing::Values(kAfter, kWants, kRequires));

TEST_P(EachKindTest, AServiceWaitsUntilTheOtherIsReady) {
  FleetDriver driver = db_and_web(awaits_ready(daemon("db")), GetParam());
  driver.fleet.boot(0);
  EXPECT_EQ(driver.state(1), ServiceState::kWaiting);
  EXPECT_EQ(driver.fleet.service(1).reason(), "waits for db, which is starting");
  driver.confirm(0, 100);
  EXPECT_EQ(driver.state(1), ServiceState::kWaiting);
  driver.fleet.on_ready(0, 0);
  EXPECT_EQ(driver.state(1), ServiceState::kStarting);
  EXPECT_EQ(driver.fleet.service(1).reason(), "");
}

TEST_P(EachKindTest, AServiceWaitsUntilAOneshotIsDone) {
  FleetDriver driver = db_and_web(oneshot("db"), GetParam());
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  EXPECT_EQ(driver.state(1), ServiceState::kWaiting);
  EXPECT_EQ(driver.fleet.service(1).reason(), "waits for db, which is not done");
  driver.exited(100, 0);
  EXPECT_EQ(driver.state(1), ServiceState::kStarting);
}

TEST_P(EachKindTest, ACrashOfTheOtherLeavesThisOneRunning) {
  FleetDriver driver = db_and_web(daemon("db"), GetParam());
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.confirm(1, 101);
  driver.signaled(100, SIGKILL);
  EXPECT_EQ(driver.state(0), ServiceState::kBackoff);
  EXPECT_EQ(driver.state(1), ServiceState::kRunning);
}

TEST_P(EachKindTest, AtAShutdownTheOtherIsAskedWhenThisOneIsGone) {
  FleetDriver driver = db_and_web(daemon("db"), GetParam());
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.confirm(1, 101);
  driver.port.effects.clear();
  EXPECT_THAT(driver.shutdown(), Not(Contains("0: signal 15 to process 100")));
  EXPECT_EQ(driver.state(0), ServiceState::kStopping);
  EXPECT_THAT(driver.signaled(101, SIGTERM), Contains("0: signal 15 to process 100"));
  EXPECT_EQ(driver.signaled(100, SIGTERM).back(), "all stopped, 0");
}

TEST(FleetOrderTest, AfterAFailureOrderAloneDoesNotHold) {
  for (const DependencyKind kind : {kAfter, kWants}) {
    FleetDriver driver = db_and_web(oneshot("db"), kind);
    driver.fleet.boot(0);
    driver.confirm(0, 100);
    driver.exited(100, 3);
    EXPECT_EQ(driver.state(1), ServiceState::kStarting);
  }
}

TEST(FleetOrderTest, AfterAFailureWhoRequiresItStaysWithTheReason) {
  FleetDriver driver = db_and_web(oneshot("db"), kRequires);
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.exited(100, 3);
  EXPECT_EQ(driver.state(1), ServiceState::kWaiting);
  EXPECT_EQ(driver.fleet.service(1).reason(), "requires db, which has failed: exited with code 3");
}

TEST(FleetOrderTest, AReasonGoesThroughAChain) {
  FleetDriver driver({oneshot("db"), with(daemon("web"), {{"db", kRequires}}),
                      with(daemon("nginx"), {{"web", kRequires}}),
                      with(daemon("cron"), {{"web", kAfter}})});
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.exited(100, 3);
  EXPECT_EQ(driver.fleet.service(2).reason(),
            "requires web, which waits: requires db, which has failed: exited with code 3");
  EXPECT_EQ(driver.state(3), ServiceState::kStarting);  // it was promised an order only
}

TEST(FleetOrderTest, WhoWaitsForAFailedOneStartsWhenThatIsStartedAgain) {
  FleetDriver driver = db_and_web(oneshot("db"), kRequires);
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.exited(100, 3);
  ASSERT_TRUE(driver.fleet.start("db", 0));
  EXPECT_EQ(driver.fleet.service(1).reason(), "waits for db, which is starting");
  driver.confirm(0, 200);
  driver.exited(200, 0);
  EXPECT_EQ(driver.state(1), ServiceState::kStarting);
}

TEST(FleetOrderTest, NobodyWaitsForOneThatIsNotToBeStarted) {
  FleetDriver driver = db_and_web(manual(daemon("db")), kAfter);
  driver.fleet.boot(0);
  EXPECT_EQ(driver.state(0), ServiceState::kStopped);
  EXPECT_EQ(driver.state(1), ServiceState::kStarting);
}

TEST(FleetOrderTest, WhatIsWantedOrRequiredIsStartedAtBoot) {
  for (const DependencyKind kind : {kWants, kRequires}) {
    FleetDriver driver = db_and_web(manual(daemon("db")), kind);
    driver.fleet.boot(0);
    EXPECT_EQ(driver.state(0), ServiceState::kStarting);
  }
}

TEST(FleetOrderTest, StartingByHandStartsWhatIsRequiredAndNotWhatIsDone) {
  FleetDriver driver({manual(daemon("db")), manual(oneshot("migrate")),
                      with(manual(daemon("web")), {{"db", kRequires}, {"migrate", kRequires}})});
  driver.fleet.boot(0);
  ASSERT_TRUE(driver.fleet.start("web", 0));
  driver.confirm(0, 100);
  driver.confirm(1, 101);
  driver.exited(101, 0);
  driver.confirm(2, 102);
  EXPECT_EQ(driver.state(2), ServiceState::kRunning);
  ASSERT_TRUE(driver.fleet.restart("web", 0));
  EXPECT_EQ(driver.state(1), ServiceState::kDone);
}

TEST(FleetOrderTest, StoppingOneStopsWhoRequiresItFirst) {
  FleetDriver driver = db_and_web(daemon("db"), kRequires);
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.confirm(1, 101);
  driver.port.effects.clear();
  ASSERT_TRUE(driver.fleet.stop("db", 0));
  EXPECT_EQ(driver.port.take(), (Effects{"1: stopping", "1: timer stop 10s",
                                         "1: signal 15 to process 101", "0: stopping"}));
  EXPECT_EQ(driver.fleet.service(0).reason(), "stops after those that depend on it");
  EXPECT_EQ(driver.signaled(101, SIGTERM),
            (Effects{"1: kill group 101", "1: cancel timer",
                     "1: stopped, requires db, which is being stopped", "0: timer stop 10s",
                     "0: signal 15 to process 100"}));
}

TEST(FleetOrderTest, StoppingOneLeavesWhoWantsItAlone) {
  FleetDriver driver = db_and_web(daemon("db"), kWants);
  driver.boot();
  driver.confirm(1, 101);
  ASSERT_TRUE(driver.fleet.stop("db", 0));
  EXPECT_EQ(driver.state(1), ServiceState::kRunning);
  EXPECT_THAT(driver.port.take(), Contains("0: signal 15 to process 100"));
}

TEST(FleetOrderTest, ARestartByHandLeavesWhoRequiresItRunning) {
  FleetDriver driver = db_and_web(daemon("db"), kRequires);
  driver.boot();
  driver.confirm(1, 101);
  ASSERT_TRUE(driver.fleet.restart("db", 0));
  driver.signaled(100, SIGTERM);
  driver.confirm(0, 200);
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
  EXPECT_EQ(driver.state(1), ServiceState::kRunning);
}

TEST(FleetOrderTest, AFailureForGoodStopsWhoRequiresIt) {
  FleetDriver driver = db_and_web(never_restarted(daemon("db")), kRequires);
  driver.boot();
  driver.confirm(1, 101);
  driver.exited(100, 5);
  EXPECT_EQ(driver.state(1), ServiceState::kStopping);
  driver.signaled(101, SIGTERM);
  EXPECT_EQ(driver.state(1), ServiceState::kStopped);
  EXPECT_EQ(driver.fleet.service(1).reason(), "requires db, which has failed");
  EXPECT_EQ(driver.fleet.state(), FleetState::kRunning);
}

TEST(FleetOrderTest, AFailureThatTakesDownAPrimaryEndsTheContainerWithItsCode) {
  FleetDriver driver = db_and_web(never_restarted(daemon("db")), kRequires, primary("web"));
  driver.boot();
  driver.confirm(1, 101);
  driver.exited(100, 5);
  EXPECT_EQ(driver.fleet.state(), FleetState::kStopping);
  EXPECT_EQ(driver.exited(101, 0).back(), "all stopped, 5");
}

TEST(FleetOrderTest, AHeldServiceThatEndsByItselfIsNotRestarted) {
  FleetDriver driver = db_and_web(daemon("db"), kRequires);
  driver.boot();
  driver.confirm(1, 101);
  driver.shutdown();
  driver.exited(100, 1);
  EXPECT_EQ(driver.state(0), ServiceState::kStopped);
}

TEST(FleetOrderTest, AShutdownGoesAroundOneThatIsDone) {
  FleetDriver driver({daemon("db"), with(oneshot("migrate"), {{"db", kRequires}}),
                      with(daemon("web"), {{"migrate", kRequires}})});
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.confirm(1, 101);
  driver.exited(101, 0);
  driver.confirm(2, 102);
  EXPECT_THAT(driver.shutdown(), Not(Contains(HasSubstr("signal 15 to process 100"))));
  EXPECT_THAT(driver.signaled(102, SIGTERM), Contains("0: signal 15 to process 100"));
}

TEST(FleetOrderTest, EachLinkOfAChainIsAskedBeforeTheBudgetIsGone) {
  FleetDriver driver({daemon("db"), with(daemon("web"), {{"db", kRequires}}),
                      with(daemon("nginx"), {{"web", kRequires}})});
  driver.fleet.boot(0);
  for (ServiceId id = 0; id < 3; ++id) {
    driver.confirm(id, static_cast<pid_t>(100 + id));
  }
  driver.shutdown();  // until 6.75 s, each link keeps 1 s
  EXPECT_THAT(driver.fire_timer(2), Contains("2: kill group 102"));
  EXPECT_EQ(driver.now_ns, base::milliseconds(4750).ns);
  EXPECT_THAT(driver.signaled(102, SIGKILL), Contains("1: signal 15 to process 101"));
  EXPECT_THAT(driver.fire_timer(1), Contains("1: kill group 101"));
  EXPECT_EQ(driver.now_ns, base::milliseconds(5750).ns);
  EXPECT_THAT(driver.signaled(101, SIGKILL), Contains("0: signal 15 to process 100"));
}

TEST(FleetOrderTest, WhoHasNoDependentsIsAskedAtOnce) {
  FleetDriver driver({daemon("db"), with(daemon("web"), {{"db", kRequires}}), daemon("cron")});
  driver.boot();
  driver.confirm(1, 101);
  driver.port.effects.clear();
  const Effects effects = driver.shutdown();
  EXPECT_THAT(effects, Contains("1: signal 15 to process 101"));
  EXPECT_THAT(effects, Contains("2: signal 15 to process 102"));
}

TEST(FleetOrderTest, AHurryKillsTheHeldToo) {
  FleetDriver driver = db_and_web(daemon("db"), kRequires);
  driver.boot();
  driver.confirm(1, 101);
  driver.shutdown();
  EXPECT_THAT(driver.shutdown(), Contains("0: kill group 100"));
}

}  // namespace
}  // namespace supervisor
