// The scripts around the services. Covers supervisor/machine/fleet_stages.cpp.
#include <gtest/gtest.h>

#include "tests/supervisor/machine/fleet_driver.h"

namespace supervisor {
namespace {

FleetRules with_stages() {
  FleetRules rules;
  rules.stages = make_stage_rules({}, {});
  return rules;
}

/// A fleet with all three stages, whose init had nothing to do.
struct StagedFleet : FleetDriver {
  explicit StagedFleet(std::vector<ServiceRules> services, FleetRules rules = with_stages())
      : FleetDriver(std::move(services), std::move(rules)) {}

  void boot_through() {
    fleet.boot(now_ns);
    fleet.on_stage_listed(StageKind::kInit, {}, now_ns);
    for (ServiceId id = 0; id < fleet.service_count(); ++id) {
      confirm(id, static_cast<pid_t>(100 + id));
    }
    port.effects.clear();
  }
  Effects listed(StageKind kind, std::vector<std::string> names) {
    fleet.on_stage_listed(kind, std::move(names), now_ns);
    return port.take();
  }
  Effects script_exited(pid_t pid, int code) {
    fleet.on_script_exited(pid, ExitStatus::exited(code), now_ns);
    return port.take();
  }
};

TEST(FleetStagesTest, ServicesStartWhenInitIsDone) {
  StagedFleet driver({daemon("web")});
  driver.fleet.boot(0);
  EXPECT_EQ(driver.port.take(), Effects{"init: list"});
  EXPECT_EQ(driver.fleet.state(), FleetState::kInit);
  EXPECT_EQ(driver.fleet.start("web", 0).error().message,
            "cannot start web: the init scripts still run; try again later");
  driver.listed(StageKind::kInit, {"10-a"});
  driver.fleet.on_script_started(StageKind::kInit, 50);
  EXPECT_EQ(driver.script_exited(50, 0),
            (Effects{"0: waiting", "0: starting", "0: timer spawn 10s", "0: spawn 1"}));
  EXPECT_EQ(driver.fleet.state(), FleetState::kRunning);
}

TEST(FleetStagesTest, AFailedInitEndsTheContainerWithItsCodeAndFinishRuns) {
  StagedFleet driver({daemon("web")});
  driver.fleet.boot(0);
  driver.listed(StageKind::kInit, {"10-a"});
  driver.fleet.on_script_started(StageKind::kInit, 50);
  driver.port.effects.clear();
  EXPECT_EQ(driver.script_exited(50, 7),
            (Effects{"init: signal 9 to group 50", "init: failed: 10-a exited with code 7",
                     "shutdown: init: 10-a exited with code 7, until 6s750ms", "give up in 7s750ms",
                     "cancel give up", "finish: timer 5s906ms250us", "finish: list"}));
  EXPECT_EQ(driver.listed(StageKind::kFinish, {}),
            (Effects{"finish: cancel timer", "all stopped, 7"}));
}

TEST(FleetStagesTest, InitMayFailAndServicesStart) {
  InitConfig init;
  init.on_failure = OnFailure::kContinue;
  FleetRules rules;
  rules.stages = make_stage_rules(init, {});
  StagedFleet driver({daemon("web")}, rules);
  driver.fleet.boot(0);
  driver.fleet.on_stage_list_failed(StageKind::kInit, "cannot read it", 0);
  EXPECT_EQ(driver.state(0), ServiceState::kStarting);
}

TEST(FleetStagesTest, AStopInTheMiddleOfInitIsObeyed) {
  StagedFleet driver({daemon("web")});
  driver.fleet.boot(0);
  driver.listed(StageKind::kInit, {"10-a", "20-b"});
  driver.fleet.on_script_started(StageKind::kInit, 50);
  driver.shutdown();
  driver.script_exited(50, 143);
  EXPECT_EQ(driver.listed(StageKind::kFinish, {}).back(), "all stopped, 0");
  EXPECT_EQ(driver.state(0), ServiceState::kStopped) << "nothing was started";
}

TEST(FleetStagesTest, BeforeStopRunsWhileServicesAnswerAndFinishWhenTheyAreGone) {
  StagedFleet driver({daemon("web")});
  driver.boot_through();
  EXPECT_EQ(driver.shutdown(), (Effects{"shutdown: TERM, until 6s750ms",
                                        "before_stop: timer 2s531ms250us", "before_stop: list"}));
  driver.listed(StageKind::kBeforeStop, {"10-drain"});
  driver.fleet.on_script_started(StageKind::kBeforeStop, 50);
  EXPECT_EQ(driver.state(0), ServiceState::kRunning);
  driver.port.effects.clear();
  EXPECT_EQ(driver.script_exited(50, 0),
            (Effects{"before_stop: cancel timer", "give up in 7s750ms", "0: stopping",
                     "0: timer stop 6s750ms", "0: signal 15 to process 100"}));
  driver.signaled(100, 15);
  driver.listed(StageKind::kFinish, {"10-tidy"});
  driver.fleet.on_script_started(StageKind::kFinish, 51);
  EXPECT_EQ(driver.script_exited(51, 0), (Effects{"finish: cancel timer", "all stopped, 0"}));
}

TEST(FleetStagesTest, AFailedFinishTellsOnlyInPlaceOfSuccess) {
  for (const auto& [primary_code, expected] : {std::pair{0, 5}, std::pair{3, 3}}) {
    StagedFleet driver({primary("web")});
    driver.boot_through();
    driver.exited(100, primary_code);
    driver.listed(StageKind::kBeforeStop, {});
    driver.listed(StageKind::kFinish, {"10-tidy"});
    driver.fleet.on_script_started(StageKind::kFinish, 51);
    EXPECT_EQ(driver.script_exited(51, 5).back(), "all stopped, " + std::to_string(expected));
  }
}

TEST(FleetStagesTest, ASecondRequestHurriesTheScripts) {
  StagedFleet driver({daemon("web")});
  driver.boot_through();
  driver.shutdown();
  driver.listed(StageKind::kBeforeStop, {"10-drain"});
  driver.fleet.on_script_started(StageKind::kBeforeStop, 50);
  EXPECT_EQ(driver.shutdown(),
            (Effects{"before_stop: signal 9 to group 50", "before_stop: cancel timer",
                     "give up in 7s750ms", "0: stopping", "0: timer stop 6s750ms",
                     "0: signal 15 to process 100", "give up in 1s", "0: cancel timer",
                     "0: kill group 100"}));
  driver.signaled(100, 9);
  driver.listed(StageKind::kFinish, {"10-tidy"});
  driver.fleet.on_script_started(StageKind::kFinish, 51);
  EXPECT_EQ(driver.shutdown(),
            (Effects{"finish: signal 9 to group 51", "finish: cancel timer", "all stopped, 0"}));
}

}  // namespace
}  // namespace supervisor
