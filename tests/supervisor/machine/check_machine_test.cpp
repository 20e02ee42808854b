#include "supervisor/machine/check_machine.h"

#include <gtest/gtest.h>

#include "tests/supervisor/machine/recording_port.h"

namespace supervisor {
namespace {

using Effects = std::vector<std::string>;

CheckRules make_rules() {
  CheckRules rules;
  rules.ready = ReadySource::kChecks;
  rules.health = HealthSource::kChecks;
  rules.health_failures = 2;
  return rules;
}

class CheckMachineTest : public testing::Test {
 protected:
  /// The check or timer that was asked for last.
  [[nodiscard]] std::uint64_t newest() const { return number_; }
  Effects take() {
    Effects effects = port_.take();
    for (const std::string& effect : effects) {
      if (effect.find("check timer ") != std::string::npos && !effect.ends_with("timer")) {
        number_ = std::stoul(effect.substr(effect.find("timer ") + 6));
      }
    }
    return effects;
  }

  RecordingPort port_;
  std::uint64_t number_ = 0;
};

TEST_F(CheckMachineTest, ReadinessIsCheckedAtOnceAndAfterEachInterval) {
  CheckMachine checks(0, make_rules(), port_);
  checks.pursue(CheckPurpose::kReady, 1, 0);
  EXPECT_EQ(take(), (Effects{"0: check timer 1 3s", "0: check ready 1"}));
  EXPECT_EQ(checks.on_checked(1, "refused", 5), CheckVerdict::kNothing);
  EXPECT_EQ(take(), (Effects{"0: cancel check timer", "0: check timer 2 250ms"}));
  EXPECT_EQ(checks.failure(), "refused");
  EXPECT_EQ(checks.on_timer(2, 10), CheckVerdict::kNothing);
  EXPECT_EQ(take(), (Effects{"0: check timer 3 3s", "0: check ready 3"}));
  EXPECT_EQ(checks.on_checked(3, "", 15), CheckVerdict::kReady);
  EXPECT_EQ(take(), (Effects{"0: cancel check timer"}));
}

TEST_F(CheckMachineTest, ACheckThatHangsIsKilledAndHasFailed) {
  CheckMachine checks(0, make_rules(), port_);
  checks.pursue(CheckPurpose::kReady, 1, 0);
  take();
  EXPECT_EQ(checks.on_timer(1, 3), CheckVerdict::kNothing);
  EXPECT_EQ(take(), (Effects{"0: abandon check", "0: check timer 2 250ms"}));
  EXPECT_EQ(checks.failure(), "no answer within 3s");
  EXPECT_EQ(checks.on_checked(1, "", 4), CheckVerdict::kNothing);  // it comes too late
}

TEST_F(CheckMachineTest, SoManyFailuresInARowMakeItUnhealthyOnce) {
  CheckMachine checks(0, make_rules(), port_);
  checks.pursue(CheckPurpose::kHealth, 1, 0);
  EXPECT_EQ(take(), (Effects{"0: check timer 1 10s"}));
  std::vector<CheckVerdict> verdicts;
  for (const char* failure : {"refused", "", "refused", "refused", "refused"}) {
    EXPECT_EQ(checks.on_timer(newest(), 1), CheckVerdict::kNothing);
    take();
    verdicts.push_back(checks.on_checked(newest(), failure, 1));
    take();
  }
  EXPECT_EQ(verdicts, (std::vector<CheckVerdict>{CheckVerdict::kNothing, CheckVerdict::kNothing,
                                                 CheckVerdict::kNothing, CheckVerdict::kUnhealthy,
                                                 CheckVerdict::kNothing}));
  EXPECT_FALSE(checks.healthy());
  EXPECT_EQ(checks.failures(), 2U);
}

TEST_F(CheckMachineTest, ASuccessMakesItHealthyAgain) {
  CheckRules rules = make_rules();
  rules.health_failures = 1;
  CheckMachine checks(0, rules, port_);
  checks.pursue(CheckPurpose::kHealth, 1, 0);
  for (const char* failure : {"refused", ""}) {
    take();
    EXPECT_EQ(checks.on_timer(newest(), 1), CheckVerdict::kNothing);
    take();
    EXPECT_EQ(checks.on_checked(newest(), failure, 1) == CheckVerdict::kUnhealthy,
              *failure != '\0');
  }
  EXPECT_TRUE(checks.healthy());
  EXPECT_EQ(checks.failure(), "");
}

TEST_F(CheckMachineTest, InTheStartPeriodFailuresDoNotCount) {
  CheckRules rules = make_rules();
  rules.health_failures = 1;
  rules.start_period_ns = 100;
  CheckMachine checks(0, rules, port_);
  checks.pursue(CheckPurpose::kHealth, 1, 0);
  for (const std::uint64_t now_ns : {99U, 100U}) {
    take();
    EXPECT_EQ(checks.on_timer(newest(), now_ns), CheckVerdict::kNothing);
    take();
    EXPECT_EQ(checks.on_checked(newest(), "refused", now_ns) == CheckVerdict::kUnhealthy,
              now_ns == 100);
  }
}

TEST_F(CheckMachineTest, WhenItIsNotLookedAtAnyMoreTheCheckIsKilled) {
  CheckMachine checks(0, make_rules(), port_);
  checks.pursue(CheckPurpose::kReady, 1, 0);
  take();
  checks.pursue(std::nullopt, 1, 0);
  EXPECT_EQ(take(), (Effects{"0: abandon check", "0: cancel check timer"}));
  EXPECT_EQ(checks.on_timer(1, 0), CheckVerdict::kNothing);
  EXPECT_EQ(take(), Effects{});
}

TEST_F(CheckMachineTest, AnotherIncarnationBeginsAnew) {
  CheckMachine checks(0, make_rules(), port_);
  checks.pursue(CheckPurpose::kReady, 1, 0);
  take();
  checks.pursue(CheckPurpose::kReady, 1, 0);
  EXPECT_EQ(take(), Effects{});
  checks.pursue(CheckPurpose::kReady, 2, 0);
  EXPECT_EQ(take(), (Effects{"0: abandon check", "0: cancel check timer", "0: check timer 3 3s",
                             "0: check ready 3"}));
}

TEST_F(CheckMachineTest, AWatchdogIsAPauseThatEveryMessageBeginsAnew) {
  CheckRules rules = make_rules();
  rules.health = HealthSource::kWatchdog;
  rules.health_failures = 1;
  CheckMachine checks(0, rules, port_);
  checks.pursue(CheckPurpose::kHealth, 1, 0);
  checks.on_watchdog(1);
  EXPECT_EQ(take(), (Effects{"0: check timer 1 10s", "0: check timer 2 10s"}));
  EXPECT_EQ(checks.on_timer(1, 2), CheckVerdict::kNothing);  // of before the message
  EXPECT_EQ(checks.on_timer(2, 3), CheckVerdict::kUnhealthy);
  EXPECT_EQ(checks.failure(), "no WATCHDOG=1 came for 10s");
}

TEST_F(CheckMachineTest, AMessageOfOneWithoutAWatchdogIsNothing) {
  CheckMachine checks(0, make_rules(), port_);
  checks.pursue(CheckPurpose::kHealth, 1, 0);
  take();
  checks.on_watchdog(1);
  EXPECT_EQ(take(), Effects{});
}

}  // namespace
}  // namespace supervisor
