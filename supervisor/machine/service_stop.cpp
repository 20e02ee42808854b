// How a service is stopped, by the operator, by a shutdown or in a hurry; and what always holds.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "supervisor/machine/service_machine.h"

namespace supervisor {
namespace {

std::uint64_t add_saturating(std::uint64_t a, std::uint64_t b) {
  return b > std::numeric_limits<std::uint64_t>::max() - a
             ? std::numeric_limits<std::uint64_t>::max()
             : a + b;
}

}  // namespace

void ServiceMachine::on_shutdown(const ServiceEvent& event) {
  shutdown_deadline_ns_ = std::min(shutdown_deadline_ns_, event.deadline_ns);
  shutdown_signal_ = event.signal;
  switch (state_) {
    case ServiceState::kWaiting:
    case ServiceState::kBackoff:
    case ServiceState::kStarting:
    case ServiceState::kRunning:
    case ServiceState::kDone:
      return on_stop(event);
    case ServiceState::kStopping:
      goal_ = Goal::kDown;
      pending_end_.reset();
      return cut_stop(shutdown_deadline_ns_);
    case ServiceState::kStopped:
    case ServiceState::kFailed:
      return;  // down already
  }
}

void ServiceMachine::on_hurry() {
  hurried_ = true;
  switch (state_) {
    case ServiceState::kWaiting:
    case ServiceState::kBackoff:
      return enter(ServiceState::kStopped, "stopped");
    case ServiceState::kStarting:
    case ServiceState::kRunning:
      begin_stop(Goal::kDown, "stopped");
      ask_to_stop();
      return kill_all();
    case ServiceState::kStopping:
      goal_ = Goal::kDown;
      pending_end_.reset();
      if (sweep_runs_) {
        return on_sweep_over();
      }
      return exit_hook_runs_ ? on_exit_hook_over() : kill_all();
    case ServiceState::kStopped:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      return;  // down already
  }
}

void ServiceMachine::on_stop_released() {
  switch (state_) {
    case ServiceState::kStopping:
      return stop_phase_ == StopPhase::kHeld ? ask_to_stop() : void();
    case ServiceState::kStopped:
    case ServiceState::kWaiting:
    case ServiceState::kStarting:
    case ServiceState::kRunning:
    case ServiceState::kBackoff:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      return;  // nothing is held
  }
}

/// What follows is ask_to_stop() or hold_stop().
void ServiceMachine::begin_stop(Goal goal_after, std::string reason_after) {
  goal_ = goal_after;
  stop_reason_ = std::move(reason_after);
  stop_began_ns_ = now_ns_;
  stop_report_.reset();
  if (child_ == ChildPhase::kNone) {
    child_ = ChildPhase::kHook;  // a oneshot that is done
  }
  enter(ServiceState::kStopping, "");
}

void ServiceMachine::hold_stop() {
  stop_phase_ = StopPhase::kHeld;
  reason_ = "stops after those that depend on it";
  stop_deadline_ns_ = shutdown_deadline_ns_;
  if (stop_deadline_ns_ != kNever) {
    arm_stop_timer();
  }
}

void ServiceMachine::ask_to_stop() {
  stop_phase_ = StopPhase::kAsked;
  stop_began_ns_ = now_ns_;
  reason_.clear();
  stop_deadline_ns_ =
      std::min(add_saturating(now_ns_, rules_.stop_timeout_ns), shutdown_deadline_ns_);
  arm_stop_timer();
  if (child_ != ChildPhase::kSpawning) {
    run_stop_command();
  }
}

void ServiceMachine::send_stop_signal() {
  const int signal = shutdown_signal_ != 0 ? shutdown_signal_ : rules_.stop_signal;
  port_.signal(id_, rules_.stop_to == StopTo::kGroup ? group_ : pid_, signal, rules_.stop_to);
}

/// It has become the main process in the middle of a stop: what the one before it got was not for
/// it.
void ServiceMachine::stop_new_main() {
  switch (stop_phase_) {
    case StopPhase::kHeld:
      return;
    case StopPhase::kAsked:
      return stop_command_runs_ ? void() : send_stop_signal();
    case StopPhase::kKilled:
      return kill_groups();
  }
}

void ServiceMachine::arm_stop_timer() {
  const std::uint64_t left_ns = stop_deadline_ns_ - std::min(stop_deadline_ns_, now_ns_);
  if (child_ == ChildPhase::kLingering) {
    start_timer(TimerKind::kLinger, std::min(left_ns, rules_.limits.linger_poll_ns));
  } else {
    start_timer(TimerKind::kStop, left_ns);
  }
}

/// A stop under way gets less time than it was promised.
void ServiceMachine::cut_stop(std::uint64_t deadline_ns) {
  const bool hook_runs = exit_hook_runs_ || sweep_runs_;
  const bool can_be_cut = stop_phase_ != StopPhase::kKilled && !hook_runs;
  if (can_be_cut && deadline_ns < stop_deadline_ns_) {
    stop_deadline_ns_ = deadline_ns;
    arm_stop_timer();
  } else if (hook_runs && timer_->due_ns > now_ns_ + exit_hook_left_ns()) {
    start_timer(TimerKind::kHook, exit_hook_left_ns());
  }
}

void ServiceMachine::on_stop_timer() {
  if (exit_hook_runs_) {
    on_exit_hook_over();
  } else if (sweep_runs_) {
    on_sweep_over();
  } else if (child_ == ChildPhase::kLingering && now_ns_ < stop_deadline_ns_) {
    look_at_group();
  } else {
    kill_all();
  }
}

/// The process has ended. When the group was asked to stop, its members have until the deadline.
void ServiceMachine::on_leader_gone() {
  const bool group_was_asked =
      stop_phase_ == StopPhase::kAsked && !stop_command_runs_ && rules_.stop_to == StopTo::kGroup;
  if (group_was_asked && port_.group_alive(group_)) {
    child_ = ChildPhase::kLingering;
    reason_ = "its group still runs";
    return arm_stop_timer();
  }
  if (!group_was_asked) {
    kill_groups();
  }
  finish_stop();
}

void ServiceMachine::look_at_group() {
  if (!port_.group_alive(group_)) {
    return finish_stop();
  }
  if (!timer_) {
    arm_stop_timer();
  }
}

void ServiceMachine::kill_all() {
  if (stop_phase_ == StopPhase::kKilled) {
    return;  // all that can be done is done; the exit has to come
  }
  cancel_timer();
  stop_phase_ = StopPhase::kKilled;
  drop_hooks();
  switch (child_) {
    case ChildPhase::kSpawning:
      port_.abandon_spawn(id_);
      return finish_stop();
    case ChildPhase::kAlive:
      reason_ = "killed: it did not stop in time";
      return kill_groups();
    case ChildPhase::kLingering:
      // Nothing else holds the group's number: if all are gone, it may be a stranger's by now.
      if (port_.group_alive(group_)) {
        port_.kill_group(id_, group_);
      }
      return finish_stop();
    case ChildPhase::kHook:
      return finish_stop();
    case ChildPhase::kNone:
      ASSERT(false && "a service that stops has something to stop");
  }
}

/// The former main process leads a group of its own as long as it lives; afterwards the number may
/// be a stranger's.
void ServiceMachine::kill_groups() {
  port_.kill_group(id_, group_);
  if (former_pid_ != 0 && former_pid_ != group_) {
    port_.kill_group(id_, former_pid_);
  }
}

/// Its processes are gone.
void ServiceMachine::finish_stop() {
  if (stop_phase_ == StopPhase::kHeld) {  // gone before it was asked to
    stop_phase_ = StopPhase::kAsked;
    stop_began_ns_ = now_ns_;
  }
  if (stop_command_runs_) {
    child_ = ChildPhase::kHook;  // until it is done, or the stop's deadline
    return arm_stop_timer();
  }
  if (begin_sweep()) {
    return;
  }
  const bool was_killed =
      stop_phase_ == StopPhase::kKilled && goal_ != Goal::kCrash && goal_ != Goal::kReplace;
  if (!begin_exit_hook(was_killed ? "killed: it did not stop in time" : stop_reason_)) {
    settle_stop();
  }
}

void ServiceMachine::settle_stop() {
  child_ = ChildPhase::kNone;
  stop_report_ = {now_ns_ - stop_began_ns_, stop_phase_ == StopPhase::kKilled};
  switch (goal_) {
    case Goal::kDown:
      return enter(ServiceState::kStopped, std::move(stop_reason_));
    case Goal::kUp:
      return begin_fresh();
    case Goal::kCrash:
    case Goal::kReplace:
      return follow_stopped_run();
  }
}

void ServiceMachine::check_invariants() const {
  ASSERT(is_possible({.state = state_,
                      .child = static_cast<std::uint8_t>(child_),
                      .stop_phase = static_cast<std::uint8_t>(stop_phase_),
                      .stop_command_runs = stop_command_runs_,
                      .exit_hook_runs = exit_hook_runs_,
                      .sweep_runs = sweep_runs_,
                      .timer = timer_ ? std::optional(timer_->kind) : std::nullopt}));
}

bool ServiceMachine::is_possible(const ServicePhases& of) {
  const auto child = static_cast<ChildPhase>(of.child);
  const auto stop_phase = static_cast<StopPhase>(of.stop_phase);
  const bool timed = of.timer.has_value();
  const auto timer_is = [&](TimerKind kind) { return of.timer == kind; };
  switch (of.state) {
    case ServiceState::kStopped:
    case ServiceState::kFailed:
    case ServiceState::kDone:
    case ServiceState::kWaiting:
      return child == ChildPhase::kNone && !timed;
    case ServiceState::kStarting:
      return child == ChildPhase::kSpawning
                 ? timer_is(TimerKind::kSpawn)
                 : child == ChildPhase::kAlive && (!timed || timer_is(TimerKind::kReady));
    case ServiceState::kRunning:
      return child == ChildPhase::kAlive && (!timed || timer_is(TimerKind::kRun));
    case ServiceState::kStopping:
      if (stop_phase == StopPhase::kHeld) {
        return child != ChildPhase::kNone && child != ChildPhase::kLingering &&
               !of.stop_command_runs && !of.exit_hook_runs && !of.sweep_runs &&
               (!timed || timer_is(TimerKind::kStop));
      }
      if (child == ChildPhase::kHook) {
        return timer_is(of.exit_hook_runs || of.sweep_runs ? TimerKind::kHook : TimerKind::kStop);
      }
      if (stop_phase == StopPhase::kKilled) {
        return child == ChildPhase::kAlive && !timed;
      }
      return child != ChildPhase::kNone &&
             timer_is(child == ChildPhase::kLingering ? TimerKind::kLinger : TimerKind::kStop);
    case ServiceState::kBackoff:
      return child == ChildPhase::kNone && timer_is(TimerKind::kBackoff);
  }
  return false;
}

}  // namespace supervisor
