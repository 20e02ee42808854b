#include "supervisor/machine/fleet_machine.h"

#include <gtest/gtest.h>

#include "tests/supervisor/machine/fleet_driver.h"

namespace supervisor {
namespace {

TEST(FleetMachineTest, BootStartsWhatIsToStartAtBootAtOnceAndInParallel) {
  ServiceRules manual = daemon("manual");
  manual.start = StartMode::kManual;
  FleetDriver driver({primary("web"), manual, daemon("nginx")});
  driver.fleet.boot(0);
  EXPECT_EQ(driver.port.take(),
            (Effects{"0: waiting", "2: waiting", "0: starting", "0: timer spawn 10s", "0: spawn 1",
                     "2: starting", "2: timer spawn 10s", "2: spawn 1"}));
  EXPECT_EQ(driver.state(1), ServiceState::kStopped);
}

TEST(FleetMachineTest, AChildIsOneOfOursOrNot) {
  FleetDriver driver({daemon("a"), daemon("b")});
  driver.boot();
  EXPECT_EQ(driver.fleet.find_by_pid(101), 1U);
  EXPECT_FALSE(driver.fleet.on_child_exited(999, ExitStatus::exited(0), 0));
  EXPECT_TRUE(driver.fleet.on_child_exited(101, ExitStatus::exited(0), 0));
  EXPECT_FALSE(driver.fleet.on_child_exited(101, ExitStatus::exited(0), 0));
  EXPECT_EQ(driver.state(1), ServiceState::kBackoff);
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
}

TEST(FleetMachineTest, NoServiceHasPidZero) {
  FleetDriver driver({daemon("a")});
  EXPECT_EQ(driver.fleet.find_by_pid(0), std::nullopt);
}

TEST(FleetMachineTest, ASecondaryThatWasKilledIsBackWithOneRestart) {
  FleetDriver driver({primary("web"), daemon("nginx")});
  driver.boot();
  driver.signaled(101, 9);
  driver.fire_timer(1);
  driver.confirm(1, 201);
  EXPECT_EQ(driver.state(1), ServiceState::kRunning);
  EXPECT_EQ(driver.fleet.service(1).pid(), 201);
  EXPECT_EQ(driver.fleet.service(1).restarts(), 1U);
  EXPECT_EQ(driver.fleet.state(), FleetState::kRunning);
}

TEST(FleetMachineTest, TheOperatorNamesServices) {
  FleetDriver driver({daemon("web")});
  driver.boot();
  EXPECT_TRUE(driver.fleet.stop("web", 0));
  EXPECT_EQ(driver.state(0), ServiceState::kStopping);
  EXPECT_TRUE(driver.fleet.restart("web", 0));
  driver.exited(100, 0);
  EXPECT_EQ(driver.state(0), ServiceState::kStarting);
  EXPECT_TRUE(driver.fleet.start("web", 0));
}

TEST(FleetMachineTest, AnUnknownNameIsAnError) {
  FleetDriver driver({daemon("web")});
  const auto result = driver.fleet.start("wbe", 0);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(result.error().message, "cannot start wbe: no such service");
}

TEST(FleetMachineTest, DuringAShutdownTheOperatorIsRefused) {
  FleetDriver driver({daemon("web")});
  driver.boot();
  driver.shutdown();
  const auto result = driver.fleet.restart("web", 0);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "cannot restart web: everything is being shut down");
}

TEST(FleetMachineTest, WithoutAPrimaryItGoesOnWhenAllHaveEnded) {
  ServiceRules oneshot = daemon("migrate");
  oneshot.type = ServiceType::kOneshot;
  oneshot.restart = RestartPolicy::kNever;
  FleetDriver driver({oneshot});
  driver.boot();
  EXPECT_EQ(driver.exited(100, 1).back(), "0: ended for good, 1");
  EXPECT_EQ(driver.fleet.state(), FleetState::kRunning);
}

TEST(FleetMachineTest, APrimaryThatTheOperatorStoppedDoesNotEndTheContainer) {
  FleetDriver driver({primary("web")});
  driver.boot();
  ASSERT_TRUE(driver.fleet.stop("web", 0));
  driver.signaled(100, 15);
  EXPECT_EQ(driver.state(0), ServiceState::kStopped);
  EXPECT_EQ(driver.fleet.state(), FleetState::kRunning);
  EXPECT_EQ(driver.shutdown().back(), "all stopped, 143");
}

TEST(FleetMachineTest, FindsTheFirstPrimary) {
  FleetDriver driver({daemon("a"), primary("b"), primary("c")});
  EXPECT_EQ(driver.fleet.first_primary(), 1U);
  EXPECT_EQ(FleetDriver({daemon("a")}).fleet.first_primary(), std::nullopt);
}

/// A port whose spawn fails at once, and says so before spawn() has returned.
TEST(FleetMachineTest, AnInputFromInsideAnEffectIsHandledAfterIt) {
  FleetDriver driver({daemon("web")});
  driver.port.on_spawn = [&](ServiceId id, std::uint32_t incarnation) {
    driver.fleet.on_spawn_failed(id, incarnation, 126, "no memory", 0);
  };
  driver.fleet.boot(0);
  EXPECT_EQ(driver.port.take(),
            (Effects{"0: waiting", "0: starting", "0: timer spawn 10s", "0: spawn 1",
                     "0: cancel timer", "0: backoff, no memory", "0: timer backoff 100ms"}));
}

}  // namespace
}  // namespace supervisor
