// A fleet to plain data and back.
#include "supervisor/machine/fleet_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "supervisor/machine/fleet_machine.h"

namespace supervisor {

namespace {

constexpr auto kCheckPhaseLast = std::uint8_t{2};  // CheckMachine::Phase::kChecking

bool is_possible(const CheckSnapshot& checks) {
  const bool is_purpose_known =
      !checks.purpose || *checks.purpose <= static_cast<std::uint8_t>(CheckPurpose::kHealth);
  const bool is_idle = checks.phase == 0;
  return checks.phase <= kCheckPhaseLast && is_purpose_known && (is_idle || checks.purpose);
}

}  // namespace

base::Result<void> check_fleet_snapshot(const FleetSnapshot& snapshot) {
  for (std::size_t id = 0; id < snapshot.members.size(); ++id) {
    const MemberSnapshot& member = snapshot.members[id];
    TRY(check_service_snapshot(member.service));
    if (!is_possible(member.checks)) {
      return base::fail(base::ErrorCode::kDamaged,
                        fmt::format("no checks can be as those of service {} are", id));
    }
  }
  return {};
}

CheckSnapshot CheckMachine::snapshot() const {
  return {.phase = static_cast<std::uint8_t>(phase_),
          .purpose = purpose_ ? std::optional(static_cast<std::uint8_t>(*purpose_)) : std::nullopt,
          .incarnation = incarnation_,
          .number = number_,
          .due_ns = due_ns_,
          .counts_from_ns = counts_from_ns_,
          .failures = failures_,
          .healthy = healthy_,
          .failure = failure_,
          .watchdog_interval_ns =
              rules_.health == HealthSource::kWatchdog ? rules_.health_interval_ns : 0};
}

void CheckMachine::restore(const CheckSnapshot& snapshot) {
  static_assert(static_cast<std::uint8_t>(Phase::kChecking) == kCheckPhaseLast);
  phase_ = static_cast<Phase>(snapshot.phase);
  purpose_ =
      snapshot.purpose ? std::optional(static_cast<CheckPurpose>(*snapshot.purpose)) : std::nullopt;
  incarnation_ = snapshot.incarnation;
  number_ = snapshot.number;
  due_ns_ = snapshot.due_ns;
  counts_from_ns_ = snapshot.counts_from_ns;
  failures_ = snapshot.failures;
  healthy_ = snapshot.healthy;
  failure_ = snapshot.failure;
  if (rules_.health == HealthSource::kWatchdog && snapshot.watchdog_interval_ns != 0) {
    rules_.health_interval_ns = snapshot.watchdog_interval_ns;
  }
}

void CheckMachine::resume(std::uint64_t now_ns) {
  if (phase_ != Phase::kIdle) {
    port_.start_check_timer(id_, due_ns_ - std::min(due_ns_, now_ns), number_);
  }
}

ScheduleSnapshot ScheduleMachine::snapshot() const {
  return {.armed = armed_,
          .queued = queued_,
          .due_ns = due_ns_,
          .due_s = due_s_,
          .last_s = last_s_,
          .skipped = skipped_,
          .missed = missed_};
}

void ScheduleMachine::restore(const ScheduleSnapshot& snapshot) {
  skipped_ = snapshot.skipped;
  missed_ = snapshot.missed;
  last_s_ = snapshot.last_s;
  if (rules_) {
    armed_ = snapshot.armed;
    queued_ = snapshot.queued;
    due_ns_ = rules_->schedule.is_every() ? snapshot.due_ns : std::nullopt;
    due_s_ = rules_->schedule.is_every() ? std::nullopt : snapshot.due_s;
  }
}

FleetSnapshot FleetMachine::snapshot() const {
  ASSERT(state_ == FleetState::kRunning && inputs_.empty());
  FleetSnapshot snapshot;
  for (ServiceId id = 0; id < services_.size(); ++id) {
    snapshot.members.push_back({.service = services_[id]->snapshot(),
                                .checks = checks_[id].snapshot(),
                                .schedule = schedules_[id].snapshot(),
                                .removed = removed_[id]});
  }
  return snapshot;
}

void FleetMachine::restore(const FleetSnapshot& snapshot, std::vector<ServiceRules> next_rules) {
  ASSERT(snapshot.members.size() == services_.size() && next_rules.size() == services_.size());
  for (ServiceId id = 0; id < services_.size(); ++id) {
    const MemberSnapshot& member = snapshot.members[id];
    services_[id]->restore(member.service, std::move(next_rules[id]));
    services_[id]->check_invariants();
    checks_[id].restore(member.checks);
    schedules_[id].restore(member.schedule);
    removed_[id] = member.removed;
  }
  graph_ = make_graph();
  stages_[static_cast<std::size_t>(StageKind::kInit)].reset();  // it is done
  state_ = FleetState::kRunning;
  services_started_ = true;
  trace_.set_incomplete();
}

void FleetMachine::resume(std::uint64_t now_ns) {
  for (ServiceId id = 0; id < services_.size(); ++id) {
    if (const std::optional<ServiceTimer>& timer = services_[id]->timer()) {
      port_.start_timer(id, timer->due_ns - std::min(timer->due_ns, now_ns), *timer);
    }
    checks_[id].resume(now_ns);
  }
  on_schedule_timer(now_ns);  // the clock may have been set meanwhile
  moved_ = true;
  on_reaped(now_ns);
}

}  // namespace supervisor
