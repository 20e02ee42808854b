// Scheduled services in a fleet: when they run, what is skipped, how a run ends.
// Covers supervisor/machine/fleet_schedule.cpp and
// supervisor/machine/service_schedule.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/machine/explain.h"
#include "tests/supervisor/machine/fleet_driver.h"

namespace supervisor {
namespace {

using testing::Contains;
using testing::Not;

constexpr std::uint64_t kSecond = base::kNsPerSecond;

ServiceRules scheduled(std::string name, std::string_view schedule = "@every 30s") {
  ServiceRules rules = daemon(std::move(name));
  rules.type = ServiceType::kScheduled;
  rules.restart = RestartPolicy::kNever;
  rules.schedule = ScheduleRules{.schedule = parse_schedule(schedule).value(), .zone = {}};
  return rules;
}

struct ScheduleDriver : FleetDriver {
  using FleetDriver::FleetDriver;

  Effects pass(std::uint64_t span_ns) {
    now_ns += span_ns;
    port.wall_ns += span_ns;
    fleet.on_schedule_timer(now_ns);
    return port.take();
  }
};

TEST(FleetScheduleTest, WaitsForItsTimeRunsAndWaitsAgain) {
  ScheduleDriver driver({scheduled("backup")});
  driver.fleet.boot(driver.now_ns);
  EXPECT_EQ(driver.port.take(), (Effects{"0: waiting", "schedule in 30s"}));
  EXPECT_EQ(driver.pass(30 * kSecond), (Effects{"schedule in 30s", "0: waiting", "0: starting",
                                                "0: timer spawn 10s", "0: spawn 1"}));
  driver.confirm(0, 100);
  EXPECT_EQ(driver.exited(100, 0),
            (Effects{"0: cancel timer", "0: running", "0: kill group 100", "0: waiting"}));
  EXPECT_TRUE(driver.fleet.service(0).waits_for_its_time());
  EXPECT_THAT(driver.pass(30 * kSecond), Contains("0: spawn 2"));
}

TEST(FleetScheduleTest, AFieldScheduleGoesByTheWallClock) {
  ScheduleDriver driver({scheduled("backup", "@hourly")});
  driver.fleet.boot(driver.now_ns);
  EXPECT_EQ(driver.port.take(), (Effects{"0: waiting", "schedule at 1970-01-01T01:00"}));
  EXPECT_THAT(driver.pass(3'600 * kSecond), Contains("0: spawn 1"));
}

TEST(FleetScheduleTest, AFailedRunIsToldAndTheScheduleGoesOn) {
  ScheduleDriver driver({scheduled("backup"), daemon("other")});
  driver.fleet.boot(driver.now_ns);
  driver.pass(30 * kSecond);
  driver.confirm(0, 100);
  EXPECT_THAT(driver.exited(100, 3),
              Contains("0: waiting, the last run failed: exited with code 3"));
  EXPECT_TRUE(driver.fleet.schedule(0).armed());
}

TEST(FleetScheduleTest, ARunThatIsDueWhileOneRunsIsSkippedAndTold) {
  ScheduleDriver driver({scheduled("backup")});
  driver.fleet.boot(driver.now_ns);
  driver.pass(30 * kSecond);
  driver.confirm(0, 100);
  EXPECT_THAT(driver.pass(30 * kSecond), Contains("0: skipped a run: the last one still runs"));
  EXPECT_THAT(driver.exited(100, 0), Not(Contains("0: spawn 2")));
  EXPECT_EQ(driver.fleet.schedule(0).skipped(), 1U);
}

TEST(FleetScheduleTest, AQueuedRunFollowsTheOneThatRuns) {
  ServiceRules rules = scheduled("backup");
  rules.schedule->overlap = Overlap::kQueue;
  ScheduleDriver driver({rules});
  driver.fleet.boot(driver.now_ns);
  driver.pass(30 * kSecond);
  driver.confirm(0, 100);
  EXPECT_EQ(driver.pass(30 * kSecond),
            (Effects{"0: cancel timer", "0: running", "schedule in 30s"}));
  EXPECT_THAT(driver.pass(30 * kSecond), Contains("0: skipped a run: the last one still runs"));
  EXPECT_THAT(driver.exited(100, 0), Contains("0: spawn 2"));
  driver.confirm(0, 101);
  EXPECT_THAT(driver.exited(101, 0), Not(Contains("0: spawn 3")));
}

TEST(FleetScheduleTest, RetriesBelongToTheRun) {
  ServiceRules rules = scheduled("backup");
  rules.restart = RestartPolicy::kOnFailure;
  ScheduleDriver driver({rules});
  driver.fleet.boot(driver.now_ns);
  driver.pass(30 * kSecond);
  driver.confirm(0, 100);
  EXPECT_THAT(driver.exited(100, 1), Contains("0: backoff, exited with code 1"));
  EXPECT_THAT(driver.fire_timer(0), Contains("0: spawn 2"));
  driver.confirm(0, 101);
  EXPECT_THAT(driver.exited(101, 0), Contains("0: waiting"));
  EXPECT_EQ(driver.fleet.service(0).restarts(), 1U);
}

TEST(FleetScheduleTest, ARestartLimitGivesUpTheRunNotTheSchedule) {
  ServiceRules rules = scheduled("backup");
  rules.restart = RestartPolicy::kOnFailure;
  rules.restart_limit = {1, {base::seconds(3'600)}, RestartLimitThen::kStop};
  ScheduleDriver driver({rules});
  driver.fleet.boot(driver.now_ns);
  driver.pass(30 * kSecond);
  driver.confirm(0, 100);
  driver.exited(100, 1);
  driver.fire_timer(0);
  driver.confirm(0, 101);
  EXPECT_THAT(driver.exited(101, 1),
              Contains("0: waiting, the last run failed: exited with code 1; "
                       "restart_limit: 1 restarts within 1h"));
  EXPECT_THAT(driver.pass(30 * kSecond), Contains("0: spawn 3"));
}

TEST(FleetScheduleTest, ARunThatTakesTooLongIsStoppedAndHasFailed) {
  ServiceRules rules = scheduled("backup");
  rules.run_timeout_ns = 5 * kSecond;
  ScheduleDriver driver({rules});
  driver.fleet.boot(driver.now_ns);
  driver.pass(30 * kSecond);
  driver.confirm(0, 100);
  EXPECT_THAT(driver.port.take(), Contains("0: timer run 5s"));
  EXPECT_THAT(driver.fire_timer(0), Contains("0: signal 15 to process 100"));
  EXPECT_THAT(driver.exited(100, 0),
              Contains("0: waiting, the last run failed: it ran for 5s, longer than its timeout"));
}

TEST(FleetScheduleTest, AOneshotHasATimeoutToo) {
  ServiceRules rules = daemon("migrate");
  rules.type = ServiceType::kOneshot;
  rules.restart = RestartPolicy::kNever;
  rules.run_timeout_ns = 5 * kSecond;
  FleetDriver driver({rules});
  driver.boot();
  driver.fire_timer(0);
  EXPECT_THAT(driver.exited(100, 0), Contains("0: failed, it ran for 5s, longer than its timeout"));
}

TEST(FleetScheduleTest, StartRunsItNow) {
  ServiceRules rules = scheduled("backup");
  rules.start = StartMode::kManual;
  ScheduleDriver driver({rules});
  driver.fleet.boot(driver.now_ns);
  EXPECT_FALSE(driver.fleet.schedule(0).armed());
  ASSERT_TRUE(driver.fleet.start("backup", driver.now_ns));
  EXPECT_THAT(driver.port.take(), Contains("0: spawn 1"));
  EXPECT_TRUE(driver.fleet.schedule(0).armed());
  driver.confirm(0, 100);
  driver.exited(100, 0);
  ASSERT_TRUE(driver.fleet.restart("backup", driver.now_ns));
  EXPECT_THAT(driver.port.take(), Contains("0: spawn 2"));
}

TEST(FleetScheduleTest, StoppedItRunsNoMore) {
  ScheduleDriver driver({scheduled("backup")});
  driver.fleet.boot(driver.now_ns);
  ASSERT_TRUE(driver.fleet.stop("backup", driver.now_ns));
  EXPECT_THAT(driver.port.take(), Contains("schedule: none"));
  EXPECT_EQ(driver.pass(60 * kSecond), Effects{});
  EXPECT_EQ(driver.state(0), ServiceState::kStopped);
}

TEST(FleetScheduleTest, NobodyWaitsForItAndItWaitsForOthers) {
  ServiceRules web = daemon("web");
  web.dependencies = {{"backup", DependencyKind::kRequires}};
  ServiceRules backup = scheduled("backup");
  backup.dependencies = {{"db", DependencyKind::kRequires}};
  ScheduleDriver driver({backup, daemon("db"), web});
  driver.fleet.boot(driver.now_ns);
  EXPECT_THAT(driver.port.take(), Contains("2: spawn 1"));
  EXPECT_THAT(driver.pass(30 * kSecond), Not(Contains("0: spawn 1")));
  EXPECT_EQ(driver.fleet.service(0).reason(), "waits for db, which is starting");
  driver.confirm(1, 101);
  EXPECT_THAT(driver.port.take(), Contains("0: spawn 1"));
}

TEST(FleetScheduleTest, AShutdownEndsARunAndTheSchedule) {
  ScheduleDriver driver({scheduled("backup")});
  driver.fleet.boot(driver.now_ns);
  driver.pass(30 * kSecond);
  driver.confirm(0, 100);
  EXPECT_THAT(driver.shutdown(), Contains("0: signal 15 to process 100"));
  EXPECT_THAT(driver.signaled(100, 15), Contains("all stopped, 0"));
}

TEST(FleetScheduleTest, AChangedScheduleCountsAtOnceAndLeavesTheRunAlone) {
  ScheduleDriver driver({scheduled("backup")});
  driver.fleet.boot(driver.now_ns);
  driver.pass(30 * kSecond);
  driver.confirm(0, 100);
  static_cast<void>(driver.port.take());
  FleetChange change;
  change.restarted.push_back({0, scheduled("backup", "@every 10s")});
  ASSERT_TRUE(driver.fleet.change(std::move(change), driver.now_ns));
  EXPECT_EQ(driver.port.take(), (Effects{"schedule in 10s"}));
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
}

TEST(FleetScheduleTest, ExplainTellsTheNextRun) {
  ScheduleDriver driver({scheduled("backup", "@hourly")});
  driver.fleet.boot(driver.now_ns);
  EXPECT_THAT(explain(driver.fleet, 0, driver.now_ns),
              Contains("its next run: 1970-01-01T01:00:00.000Z"));
}

}  // namespace
}  // namespace supervisor
