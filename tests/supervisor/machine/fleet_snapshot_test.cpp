// A running fleet as plain data: services, checks, schedules go on where they were.
#include "supervisor/machine/fleet_snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/supervisor/machine/fleet_driver.h"

namespace supervisor {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// The fleet of the next PID 1, made as that makes it.
struct NextFleet {
  NextFleet(const FleetDriver& former, const std::vector<ServiceRules>& rules)
      : now_ns(former.now_ns), fleet({}, rules, port) {
    const auto snapshot =
        base::Decoder::decode<FleetSnapshot>(base::Encoder::encode(former.fleet.snapshot()));
    EXPECT_TRUE(snapshot && check_fleet_snapshot(*snapshot));
    fleet.restore(snapshot.value_or(FleetSnapshot()), rules);
    EXPECT_TRUE(port.take().empty()) << "restoring asks for nothing";
  }
  Effects resume() {
    fleet.resume(now_ns);
    return port.take();
  }

  RecordingPort port;
  std::uint64_t now_ns;
  FleetMachine fleet;
};

TEST(FleetSnapshotTest, RunningServicesAreLeftAlone) {
  const std::vector<ServiceRules> rules{primary("app"), daemon("helper")};
  FleetDriver driver(rules);
  driver.boot();
  NextFleet next(driver, rules);
  EXPECT_EQ(next.resume(), Effects());
  EXPECT_EQ(next.fleet.state(), FleetState::kRunning);
  EXPECT_EQ(next.fleet.service(0).pid(), 100);
  EXPECT_EQ(next.fleet.service(1).pid(), 101);
}

TEST(FleetSnapshotTest, ThePrimarysEndIsStillTheEnd) {
  const std::vector<ServiceRules> rules{primary("app"), daemon("helper")};
  FleetDriver driver(rules);
  driver.boot();
  NextFleet next(driver, rules);
  next.resume();
  next.fleet.on_child_exited(100, ExitStatus::exited(7), next.now_ns);
  EXPECT_EQ(next.fleet.state(), FleetState::kStopping);
  next.fleet.on_child_exited(101, ExitStatus::signaled(15), next.now_ns);
  EXPECT_THAT(next.port.take(), Contains(HasSubstr("all stopped, 7")));
}

TEST(FleetSnapshotTest, ABackoffWaitsOnlyForWhatIsLeftOfIt) {
  const std::vector<ServiceRules> rules{primary("app"), daemon("helper")};
  FleetDriver driver(rules);
  driver.boot();
  driver.exited(101, 1);
  const std::uint64_t due_ns = driver.fleet.service(1).timer()->due_ns;
  driver.now_ns = due_ns - 30 * base::kNsPerMs;
  NextFleet next(driver, rules);
  EXPECT_THAT(next.resume(), Contains(HasSubstr("30")));
  next.fleet.on_timer(1, next.fleet.service(1).timer()->generation, due_ns);
  EXPECT_EQ(next.fleet.service(1).state(), ServiceState::kStarting);
  EXPECT_EQ(next.fleet.service(1).restarts(), 1U);
}

TEST(FleetSnapshotTest, WhoWaitsForAnotherGoesOnWaitingAndStartsThen) {
  std::vector<ServiceRules> rules{daemon("db"), daemon("web")};
  rules[0].checks.ready = ReadySource::kItself;
  rules[1].dependencies = {{.on = "db", .kind = DependencyKind::kRequires}};
  FleetDriver driver(rules);
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  ASSERT_EQ(driver.state(1), ServiceState::kWaiting);
  NextFleet next(driver, rules);
  next.resume();
  EXPECT_EQ(next.fleet.service(1).state(), ServiceState::kWaiting);
  next.fleet.on_ready(0, next.now_ns);
  EXPECT_EQ(next.fleet.service(1).state(), ServiceState::kStarting);
}

TEST(FleetSnapshotTest, ACheckUnderWayIsAnsweredUnderItsNumber) {
  std::vector<ServiceRules> rules{daemon("web")};
  rules[0].checks.health = HealthSource::kChecks;
  rules[0].checks.health_failures = 1;
  FleetDriver driver(rules);
  driver.boot();
  driver.now_ns += 10 * base::kNsPerSecond;
  const CheckSnapshot pausing = driver.fleet.checks(0).snapshot();
  driver.fleet.on_check_timer(0, pausing.number, driver.now_ns);
  ASSERT_TRUE(driver.fleet.checks(0).checking());
  NextFleet next(driver, rules);
  next.resume();
  ASSERT_TRUE(next.fleet.checks(0).checking());
  next.fleet.on_checked(0, driver.fleet.checks(0).snapshot().number, "it is ill", next.now_ns);
  EXPECT_FALSE(next.fleet.checks(0).healthy());
  EXPECT_EQ(next.fleet.service(0).state(), ServiceState::kStopping);
}

TEST(FleetSnapshotTest, APauseBetweenChecksLastsOnlyForWhatIsLeftOfIt) {
  std::vector<ServiceRules> rules{daemon("web")};
  rules[0].checks.health = HealthSource::kChecks;
  FleetDriver driver(rules);
  driver.boot();
  const std::uint64_t due_ns = driver.fleet.checks(0).due_ns();
  driver.now_ns = due_ns - 40 * base::kNsPerMs;
  NextFleet next(driver, rules);
  EXPECT_THAT(next.resume(), testing::ElementsAre(HasSubstr("40ms")));
  next.fleet.on_check_timer(0, next.fleet.checks(0).snapshot().number, due_ns);
  EXPECT_TRUE(next.fleet.checks(0).checking());
}

TEST(FleetSnapshotTest, AScheduleKeepsItsNextRun) {
  std::vector<ServiceRules> rules{daemon("job")};
  rules[0].type = ServiceType::kScheduled;
  rules[0].schedule.emplace();
  rules[0].schedule->schedule.every_ns = 30 * base::kNsPerSecond;
  FleetDriver driver(rules);
  driver.fleet.boot(0);
  const auto due_ns = driver.fleet.schedule(0).due_ns();
  ASSERT_TRUE(due_ns.has_value());
  driver.now_ns = 29 * base::kNsPerSecond;
  NextFleet next(driver, rules);
  next.resume();
  EXPECT_EQ(next.fleet.schedule(0).due_ns(), due_ns);
  next.fleet.on_schedule_timer(*due_ns);
  EXPECT_EQ(next.fleet.service(0).state(), ServiceState::kStarting);
}

TEST(FleetSnapshotTest, AnotherIntervalOfTheWatchdogIsKept) {
  std::vector<ServiceRules> rules{daemon("web")};
  rules[0].checks.health = HealthSource::kWatchdog;
  FleetDriver driver(rules);
  driver.boot();
  driver.fleet.on_watchdog_interval(0, 77 * base::kNsPerMs, driver.now_ns);
  NextFleet next(driver, rules);
  next.resume();
  next.fleet.on_watchdog(0, 1000 * base::kNsPerMs);
  EXPECT_EQ(next.fleet.checks(0).due_ns(), 1077 * base::kNsPerMs);
}

TEST(FleetSnapshotTest, ARemovedServiceStaysRemoved) {
  const std::vector<ServiceRules> rules{primary("app"), daemon("helper")};
  FleetDriver driver(rules);
  driver.boot();
  FleetChange change;
  change.removed = {1};
  ASSERT_TRUE(driver.fleet.change(std::move(change), driver.now_ns));
  NextFleet next(driver, rules);
  next.resume();
  EXPECT_TRUE(next.fleet.is_removed(1));
  EXPECT_EQ(next.fleet.find("helper"), std::nullopt);
  next.fleet.on_child_exited(101, ExitStatus::signaled(15), next.now_ns);
  EXPECT_EQ(next.fleet.service(1).state(), ServiceState::kStopped);
}

TEST(FleetSnapshotTest, ATruncatedOrUnknownSnapshotIsNoFleet) {
  std::vector<ServiceRules> rules{primary("app"), daemon("helper")};
  FleetDriver driver(rules);
  driver.boot();
  const std::vector<std::byte> whole = base::Encoder::encode(driver.fleet.snapshot());
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_FALSE(base::Decoder::decode<FleetSnapshot>(std::span(whole).first(bytes))) << bytes;
  }
  FleetSnapshot snapshot = driver.fleet.snapshot();
  snapshot.members[1].checks.phase = 3;
  EXPECT_FALSE(check_fleet_snapshot(snapshot));
}

}  // namespace
}  // namespace supervisor
