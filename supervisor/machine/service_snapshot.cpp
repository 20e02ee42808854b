// A service machine to plain data and back.
#include "supervisor/machine/service_snapshot.h"

#include <utility>

#include "supervisor/machine/service_machine.h"

namespace supervisor {

namespace {

constexpr auto kGoalLast = std::uint8_t{3};       // ServiceMachine::Goal::kReplace
constexpr auto kStopPhaseLast = std::uint8_t{2};  // ServiceMachine::StopPhase::kKilled

bool are_enumerators_known(const ServiceSnapshot& snapshot) {
  const bool is_timer_known = !snapshot.timer || snapshot.timer->kind <= TimerKind::kRun;
  const bool is_exit_known =
      !snapshot.last_exit || snapshot.last_exit->kind <= ExitKind::kNotStarted;
  const bool is_end_known =
      !snapshot.pending_end || snapshot.pending_end->exit.kind <= ExitKind::kNotStarted;
  return snapshot.state <= ServiceState::kDone && snapshot.goal <= kGoalLast &&
         snapshot.stop_phase <= kStopPhaseLast &&
         snapshot.child <= static_cast<std::uint8_t>(ChildPhase::kHook) && is_timer_known &&
         is_exit_known && is_end_known;
}

ServicePhases phases_of(const ServiceSnapshot& snapshot) {
  return {.state = snapshot.state,
          .child = snapshot.child,
          .stop_phase = snapshot.stop_phase,
          .stop_command_runs = snapshot.stop_command_runs,
          .exit_hook_runs = snapshot.exit_hook_runs,
          .sweep_runs = snapshot.sweep_runs,
          .timer = snapshot.timer ? std::optional(snapshot.timer->kind) : std::nullopt};
}

bool has_pid_where_needed(const ServiceSnapshot& snapshot) {
  const bool lives = static_cast<ChildPhase>(snapshot.child) == ChildPhase::kAlive;
  // A group or a process of number 1 or below would be birl's own, or everybody.
  return !lives || (snapshot.pid > 1 && snapshot.group > 1);
}

}  // namespace

ExitSnapshot make_snapshot(const ExitStatus& exit) {
  return {.kind = exit.kind, .code = exit.code, .signal = exit.signal};
}

ExitStatus make_exit_status(const ExitSnapshot& snapshot) {
  return {snapshot.kind, snapshot.code, snapshot.signal};
}

base::Result<void> check_service_snapshot(const ServiceSnapshot& snapshot) {
  if (!are_enumerators_known(snapshot) || !has_pid_where_needed(snapshot) ||
      !ServiceMachine::is_possible(phases_of(snapshot))) {
    return base::fail(base::ErrorCode::kDamaged, "no service can be in such a state");
  }
  return {};
}

ServiceSnapshot ServiceMachine::snapshot() const {
  ServiceSnapshot snapshot{.state = state_,
                           .goal = static_cast<std::uint8_t>(goal_),
                           .child = static_cast<std::uint8_t>(child_),
                           .stop_phase = static_cast<std::uint8_t>(stop_phase_),
                           .has_next_rules = next_rules_.has_value(),
                           .due = due_,
                           .ready_early = ready_early_,
                           .hurried = hurried_,
                           .stop_command_runs = stop_command_runs_,
                           .exit_hook_runs = exit_hook_runs_,
                           .sweep_runs = sweep_runs_,
                           .sweep_due = sweep_due_,
                           .exit_hook_due = exit_hook_due_,
                           .pid = pid_,
                           .group = group_,
                           .former_pid = former_pid_,
                           .incarnation = incarnation_,
                           .since_ns = since_ns_,
                           .start_began_ns = start_began_ns_,
                           .run_began_ns = run_began_ns_,
                           .stop_deadline_ns = stop_deadline_ns_,
                           .stop_began_ns = stop_began_ns_,
                           .stop_reason = stop_reason_,
                           .restarts = restarts_,
                           .reason = reason_,
                           .timer_generation = timer_generation_,
                           .backoff_row = backoff_.row(),
                           .recent_restarts_ns = window_.restarts_ns(),
                           .pending_end = {},
                           .stop_report = {},
                           .last_exit = {},
                           .timer = {}};
  if (pending_end_) {
    snapshot.pending_end = EndSnapshot{make_snapshot(pending_end_->exit), pending_end_->reason};
  }
  if (stop_report_) {
    snapshot.stop_report = StopSnapshot{stop_report_->took_ns, stop_report_->killed};
  }
  if (last_exit_) {
    snapshot.last_exit = make_snapshot(*last_exit_);
  }
  if (timer_) {
    snapshot.timer = TimerSnapshot{timer_->kind, timer_->generation, timer_->due_ns};
  }
  return snapshot;
}

void ServiceMachine::restore(const ServiceSnapshot& snapshot, ServiceRules next_rules) {
  if (snapshot.has_next_rules) {
    next_rules_ = std::move(next_rules);
  }
  restore_phases(snapshot);
  pid_ = snapshot.pid;
  group_ = snapshot.group;
  former_pid_ = snapshot.former_pid;
  incarnation_ = snapshot.incarnation;
  since_ns_ = snapshot.since_ns;
  start_began_ns_ = snapshot.start_began_ns;
  run_began_ns_ = snapshot.run_began_ns;
  stop_deadline_ns_ = snapshot.stop_deadline_ns;
  stop_began_ns_ = snapshot.stop_began_ns;
  stop_reason_ = snapshot.stop_reason;
  restarts_ = snapshot.restarts;
  reason_ = snapshot.reason;
  timer_generation_ = snapshot.timer_generation;
  backoff_.restore(snapshot.backoff_row);
  window_.restore(snapshot.recent_restarts_ns);
  if (snapshot.pending_end) {
    pending_end_ =
        PendingEnd{make_exit_status(snapshot.pending_end->exit), snapshot.pending_end->reason};
  }
  if (snapshot.stop_report) {
    stop_report_ = StopReport{snapshot.stop_report->took_ns, snapshot.stop_report->killed};
  }
  if (snapshot.last_exit) {
    last_exit_ = make_exit_status(*snapshot.last_exit);
  }
  if (snapshot.timer) {
    timer_ = ServiceTimer{snapshot.timer->kind, snapshot.timer->generation, snapshot.timer->due_ns};
  }
}

void ServiceMachine::restore_phases(const ServiceSnapshot& snapshot) {
  static_assert(static_cast<std::uint8_t>(Goal::kReplace) == kGoalLast);
  static_assert(static_cast<std::uint8_t>(StopPhase::kKilled) == kStopPhaseLast);
  state_ = snapshot.state;
  goal_ = static_cast<Goal>(snapshot.goal);
  child_ = static_cast<ChildPhase>(snapshot.child);
  stop_phase_ = static_cast<StopPhase>(snapshot.stop_phase);
  due_ = snapshot.due;
  ready_early_ = snapshot.ready_early;
  hurried_ = snapshot.hurried;
  stop_command_runs_ = snapshot.stop_command_runs;
  exit_hook_runs_ = snapshot.exit_hook_runs;
  sweep_runs_ = snapshot.sweep_runs;
  sweep_due_ = snapshot.sweep_due;
  exit_hook_due_ = snapshot.exit_hook_due;
}

}  // namespace supervisor
