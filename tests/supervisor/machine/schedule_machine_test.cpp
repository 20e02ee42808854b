// Covers supervisor/machine/schedule_machine.h.
#include "supervisor/machine/schedule_machine.h"

#include <gtest/gtest.h>

#include <string_view>

namespace supervisor {
namespace {

constexpr std::uint64_t kSecond = base::kNsPerSecond;
constexpr std::uint64_t kHour = 3'600 * kSecond;
constexpr std::uint64_t kNoon = 1'767'268'800 * kSecond;  // 2026-01-01 12:00 UTC

ScheduleRules rules_of(std::string_view schedule) {
  return {.schedule = parse_schedule(schedule).value(), .zone = {}};
}

/// A machine and the two clocks, which go together unless a test sets one.
struct World {
  explicit World(const ScheduleRules& rules) : machine(rules) { machine.arm(clock()); }

  [[nodiscard]] ClockReading clock() const { return {now_ns, realtime_ns}; }
  void pass(std::uint64_t span_ns) {
    now_ns += span_ns;
    realtime_ns += span_ns;
  }
  ScheduleMachine::Due look() { return machine.look(clock()); }

  std::uint64_t now_ns = 5 * kSecond;
  std::uint64_t realtime_ns = kNoon;
  ScheduleMachine machine;
};

TEST(ScheduleMachineTest, AFieldScheduleIsDueAtItsTime) {
  World world(rules_of("30 * * * *"));
  EXPECT_EQ(world.machine.due_realtime_ns(), kNoon + kHour / 2);
  EXPECT_FALSE(world.look().run);
  world.pass(kHour / 2);
  EXPECT_TRUE(world.look().run);
  EXPECT_FALSE(world.look().run);
  EXPECT_EQ(world.machine.due_realtime_ns(), kNoon + kHour / 2 + kHour);
}

TEST(ScheduleMachineTest, AnIntervalGoesByTheMonotonicClock) {
  World world(rules_of("@every 30s"));
  world.realtime_ns += 365 * 24 * kHour;
  EXPECT_FALSE(world.look().run);
  EXPECT_EQ(world.machine.due_ns(), 35 * kSecond);
  world.pass(100 * kSecond);  // nobody looked for three intervals
  EXPECT_TRUE(world.look().run);
  EXPECT_EQ(world.machine.due_ns(), 125 * kSecond);
  EXPECT_EQ(world.machine.missed(), 0U);
}

TEST(ScheduleMachineTest, AJumpOverARunMissesIt) {
  World world(rules_of("0 13 * * *"));
  world.realtime_ns += 5 * kHour;
  const auto due = world.look();
  EXPECT_FALSE(due.run);
  EXPECT_EQ(due.missed, 1U);
  EXPECT_EQ(world.machine.missed(), 1U);
  EXPECT_EQ(world.machine.due_realtime_ns(), kNoon + 25 * kHour);
}

TEST(ScheduleMachineTest, CatchUpMakesOneRunForAllThatWereMissed) {
  ScheduleRules rules = rules_of("0 * * * *");
  rules.catch_up = true;
  World world(rules);
  world.realtime_ns += 5 * kHour + kHour / 2;
  const auto due = world.look();
  EXPECT_TRUE(due.run);
  EXPECT_EQ(due.missed, 5U);
  EXPECT_FALSE(world.look().run);
}

TEST(ScheduleMachineTest, AYearIsNotHalfAMillionRuns) {
  World world(rules_of("* * * * *"));
  world.realtime_ns += 365 * 24 * kHour;
  const auto due = world.look();
  EXPECT_TRUE(due.run);  // the one of this minute
  EXPECT_GE(due.missed, ScheduleLimits::kMissedMax);
  EXPECT_LE(due.missed, ScheduleLimits::kMissedMax + 2);
  EXPECT_EQ(world.machine.due_realtime_ns(), world.realtime_ns + 60 * kSecond);
}

TEST(ScheduleMachineTest, ALittleLateIsInTime) {
  World world(rules_of("0 13 * * *"));
  world.pass(kHour + 59 * kSecond);
  EXPECT_TRUE(world.look().run);
  EXPECT_EQ(world.machine.missed(), 0U);
}

TEST(ScheduleMachineTest, AClockSetBackALittleRepeatsNoRun) {
  World world(rules_of("30 * * * *"));
  world.pass(kHour / 2);
  EXPECT_TRUE(world.look().run);
  world.realtime_ns -= kHour;
  EXPECT_FALSE(world.look().run);
  EXPECT_EQ(world.machine.due_realtime_ns(), kNoon + kHour + kHour / 2);
}

TEST(ScheduleMachineTest, AClockSetBackFarGoesOnFromWhatItShows) {
  World world(rules_of("30 * * * *"));
  world.pass(kHour / 2);
  EXPECT_TRUE(world.look().run);
  world.realtime_ns -= 365 * 24 * kHour;
  EXPECT_FALSE(world.look().run);
  EXPECT_EQ(world.machine.due_realtime_ns(), world.realtime_ns + kHour);
}

TEST(ScheduleMachineTest, OneRunIsQueuedAtMost) {
  ScheduleRules rules = rules_of("@hourly");
  rules.overlap = Overlap::kQueue;
  World world(rules);
  EXPECT_EQ(world.machine.on_busy(), ScheduleMachine::Busy::kQueued);
  EXPECT_EQ(world.machine.on_busy(), ScheduleMachine::Busy::kSkipped);
  EXPECT_EQ(world.machine.skipped(), 1U);
  EXPECT_TRUE(world.machine.take_queued());
  EXPECT_FALSE(world.machine.take_queued());
}

TEST(ScheduleMachineTest, DisarmedItForgetsWhatWasQueued) {
  ScheduleRules rules = rules_of("@hourly");
  rules.overlap = Overlap::kQueue;
  World world(rules);
  EXPECT_EQ(world.machine.on_busy(), ScheduleMachine::Busy::kQueued);
  world.machine.disarm();
  world.pass(5 * kHour);
  EXPECT_FALSE(world.look().run);
  EXPECT_FALSE(world.machine.take_queued());
  EXPECT_EQ(world.machine.due_realtime_ns(), std::nullopt);
}

TEST(ScheduleMachineTest, NewRulesCountAtOnceAndTheSameIntervalGoesOn) {
  World world(rules_of("@every 1h"));
  world.pass(kHour / 2);
  world.machine.set_rules(rules_of("@every 1h"), world.clock());
  EXPECT_EQ(world.machine.due_ns(), 5 * kSecond + kHour);
  world.machine.set_rules(rules_of("@hourly"), world.clock());
  EXPECT_EQ(world.machine.due_ns(), std::nullopt);
  EXPECT_EQ(world.machine.due_realtime_ns(), kNoon + kHour);
  world.machine.set_rules(std::nullopt, world.clock());
  EXPECT_FALSE(world.machine.armed());
}

}  // namespace
}  // namespace supervisor
