// The commands that a service's life waits for: stop.command before the signal, on_exit after it
// all; and the sweep, which looks for processes that are left.
#include <algorithm>
#include <utility>

#include "supervisor/machine/service_machine.h"

namespace supervisor {

bool ServiceMachine::has_something_to_undo() const {
  return state_ == ServiceState::kDone && rules_.type == ServiceType::kOneshot &&
         rules_.has_stop_command && !hurried_;
}

void ServiceMachine::run_stop_command() {
  if (!rules_.has_stop_command || hurried_) {
    return child_ == ChildPhase::kAlive ? send_stop_signal() : void();
  }
  stop_command_runs_ = true;
  port_.run_hook(id_, HookKind::kStop, "");
}

/// Of a stop that somebody asked for. False: there is nothing to look for.
bool ServiceMachine::begin_sweep() {
  const bool was_asked_for = goal_ == Goal::kDown || goal_ == Goal::kUp;
  if (!rules_.sweeps || !was_asked_for || hurried_ || !std::exchange(sweep_due_, false)) {
    return false;
  }
  sweep_runs_ = true;
  child_ = ChildPhase::kHook;
  cancel_timer();
  start_timer(TimerKind::kHook, std::min(rules_.limits.sweep_ns, exit_hook_left_ns()));
  port_.run_hook(id_, HookKind::kSweep, "");
  return true;
}

void ServiceMachine::on_sweep_over() {
  drop_hooks();
  cancel_timer();
  finish_stop();
}

/// False: there is none to run.
bool ServiceMachine::begin_exit_hook(const std::string& reason) {
  if (!std::exchange(exit_hook_due_, false) || hurried_) {
    return false;
  }
  exit_hook_runs_ = true;
  child_ = ChildPhase::kHook;
  if (state_ == ServiceState::kStopping) {
    cancel_timer();
  } else {
    stop_began_ns_ = now_ns_;
    stop_phase_ = StopPhase::kAsked;
    stop_reason_ = "stopped";  // if that is asked for meanwhile
    enter(ServiceState::kStopping, reason);
  }
  start_timer(TimerKind::kHook, std::min(rules_.exit_hook_timeout_ns, exit_hook_left_ns()));
  port_.run_hook(id_, HookKind::kExit, reason);
  return true;
}

/// Of the shutdown. A service that was killed at its end is tidied up after all the same.
std::uint64_t ServiceMachine::exit_hook_left_ns() const {
  const std::uint64_t left_ns = shutdown_deadline_ns_ - std::min(shutdown_deadline_ns_, now_ns_);
  return std::max(left_ns, rules_.limits.exit_hook_least_ns);
}

void ServiceMachine::on_hook_done(const ServiceEvent& event) {
  switch (event.hook) {
    case HookKind::kStop:
      if (!std::exchange(stop_command_runs_, false)) {
        return;  // it was abandoned
      }
      if (child_ == ChildPhase::kHook) {
        finish_stop();
      } else if (child_ == ChildPhase::kAlive && stop_phase_ == StopPhase::kAsked) {
        send_stop_signal();
      }
      return;
    case HookKind::kExit:
      return std::exchange(exit_hook_runs_, false) ? on_exit_hook_over() : void();
    case HookKind::kSweep:
      return std::exchange(sweep_runs_, false) ? on_sweep_over() : void();
  }
}

/// It has ended, or had its time.
void ServiceMachine::on_exit_hook_over() {
  drop_hooks();
  cancel_timer();
  child_ = ChildPhase::kNone;
  if (pending_end_) {
    const PendingEnd end = *std::exchange(pending_end_, std::nullopt);
    conclude_run(end.exit, end.reason);
  } else {
    settle_stop();
  }
}

void ServiceMachine::drop_hooks() {
  if (std::exchange(stop_command_runs_, false)) {
    port_.abandon_hook(id_, HookKind::kStop);
  }
  if (std::exchange(sweep_runs_, false)) {
    port_.abandon_hook(id_, HookKind::kSweep);
  }
  if (std::exchange(exit_hook_runs_, false)) {
    port_.abandon_hook(id_, HookKind::kExit);
  }
}

}  // namespace supervisor
