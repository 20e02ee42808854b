#include "supervisor/machine/schedule_machine.h"

#include <algorithm>
#include <utility>

namespace supervisor {
namespace {

std::int64_t to_seconds(std::uint64_t realtime_ns) {
  return static_cast<std::int64_t>(realtime_ns / base::kNsPerSecond);
}

}  // namespace

void ScheduleMachine::set_rules(std::optional<ScheduleRules> rules, const ClockReading& clock) {
  const bool same_schedule =
      rules && rules_ && rules->schedule == rules_->schedule && rules->schedule.is_every();
  rules_ = std::move(rules);
  if (!rules_) {
    disarm();
  } else if (armed_ && !same_schedule) {
    find_next(clock);
  }
}

void ScheduleMachine::arm(const ClockReading& clock) {
  if (rules_ && !armed_) {
    armed_ = true;
    find_next(clock);
  }
}

void ScheduleMachine::disarm() {
  armed_ = false;
  queued_ = false;
  due_ns_.reset();
  due_s_.reset();
}

void ScheduleMachine::find_next(const ClockReading& clock) {
  due_ns_.reset();
  due_s_.reset();
  if (rules_->schedule.is_every()) {
    due_ns_ = clock.now_ns + rules_->schedule.every_ns;
    return;
  }
  const std::int64_t now_s = to_seconds(clock.realtime_ns);
  const bool was_set_back =
      last_s_ && *last_s_ > now_s && *last_s_ - now_s <= ScheduleLimits::kRepeatMaxS;
  due_s_ = next_after(was_set_back ? *last_s_ : now_s);
}

std::optional<std::int64_t> ScheduleMachine::next_after(std::int64_t after_s) const {
  return find_next_run(rules_->schedule.fields, rules_->zone, after_s);
}

std::optional<std::uint64_t> ScheduleMachine::due_realtime_ns() const {
  return due_s_ ? std::optional(static_cast<std::uint64_t>(*due_s_) * base::kNsPerSecond)
                : std::nullopt;
}

ScheduleMachine::Due ScheduleMachine::look(const ClockReading& clock) {
  if (!armed_) {
    return {};
  }
  if (due_ns_) {
    return look_at_interval(clock.now_ns);
  }
  const std::int64_t now_s = to_seconds(clock.realtime_ns);
  if (!due_s_ || now_s < *due_s_) {
    find_next(clock);  // the clock may have been set back
    return {};
  }
  const Due due = look_at_fields(now_s);
  missed_ += due.missed;
  return due;
}

/// Intervals that PID 1 had no time for are no runs: they are not made up for.
ScheduleMachine::Due ScheduleMachine::look_at_interval(std::uint64_t now_ns) {
  if (now_ns < *due_ns_) {
    return {};
  }
  const std::uint64_t every_ns = rules_->schedule.every_ns;
  *due_ns_ += ((now_ns - *due_ns_) / every_ns + 1) * every_ns;
  return {.run = true, .missed = 0};
}

/// All that was due until now: the last one runs if it is not late, those before it were missed.
ScheduleMachine::Due ScheduleMachine::look_at_fields(std::int64_t now_s) {
  std::uint64_t count = 0;
  std::int64_t last_s = *due_s_;
  for (std::optional<std::int64_t> due_s = due_s_; due_s && *due_s <= now_s; ++count) {
    last_s = *due_s;
    if (count == ScheduleLimits::kMissedMax) {
      last_s = std::max(last_s, now_s - ScheduleLimits::kLateMaxS);  // a jump over years
    }
    due_s = next_after(last_s);
  }
  last_s_ = last_s;
  due_s_ = next_after(now_s);
  const bool in_time = now_s - last_s < ScheduleLimits::kLateMaxS;
  const std::uint64_t missed = in_time ? count - 1 : count;
  return {.run = in_time || rules_->catch_up, .missed = missed};
}

ScheduleMachine::Busy ScheduleMachine::on_busy() {
  if (rules_->overlap == Overlap::kQueue && !queued_) {
    queued_ = true;
    return Busy::kQueued;
  }
  ++skipped_;
  return Busy::kSkipped;
}

bool ScheduleMachine::take_queued() {
  return std::exchange(queued_, false);
}

}  // namespace supervisor
