// The switches: what each event does in each state. service_run.cpp has what begins and ends runs,
// service_stop.cpp what a stop does.
#include "supervisor/machine/service_machine.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace supervisor {

bool is_at_rest(ServiceState state) {
  switch (state) {
    case ServiceState::kStopped:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      return true;
    case ServiceState::kWaiting:
    case ServiceState::kStarting:
    case ServiceState::kRunning:
    case ServiceState::kStopping:
    case ServiceState::kBackoff:
      return false;
  }
  return false;
}

ServiceMachine::ServiceMachine(ServiceId id, ServiceRules rules, ServicePort& port)
    : id_(id),
      rules_(std::move(rules)),
      port_(port),
      backoff_(rules_.backoff),
      window_(rules_.restart_limit) {}

void ServiceMachine::step(const ServiceEvent& event, std::uint64_t now_ns) {
  now_ns_ = now_ns;
  dispatch(event);
  check_invariants();
}

void ServiceMachine::dispatch(const ServiceEvent& event) {
  switch (event.kind) {
    case ServiceEventKind::kStart:
      return on_start();
    case ServiceEventKind::kStop:
      return on_stop(event);
    case ServiceEventKind::kRestart:
      return on_restart();
    case ServiceEventKind::kRun:
      return on_run();
    case ServiceEventKind::kDependenciesMet:
      return on_dependencies_met();
    case ServiceEventKind::kDependenciesBlocked:
      return on_dependencies_blocked(event);
    case ServiceEventKind::kSpawned:
      return on_spawned(event);
    case ServiceEventKind::kSpawnFailed:
      return on_spawn_failed(event);
    case ServiceEventKind::kExited:
      return on_exited(event);
    case ServiceEventKind::kReady:
      return on_ready();
    case ServiceEventKind::kUnhealthy:
      return on_unhealthy(event);
    case ServiceEventKind::kExtend:
      return on_extend(event);
    case ServiceEventKind::kTimer:
      return on_timer(event);
    case ServiceEventKind::kHookDone:
      return on_hook_done(event);
    case ServiceEventKind::kGroupChanged:
      return on_group_changed();
    case ServiceEventKind::kShutdown:
      return on_shutdown(event);
    case ServiceEventKind::kHurry:
      return on_hurry();
    case ServiceEventKind::kStopReleased:
      return on_stop_released();
    case ServiceEventKind::kMainPid:
      return on_main_pid(event);
  }
}

// ---- events: what is asked for ----

void ServiceMachine::on_start() {
  if (shutdown_deadline_ns_ != kNever) {
    return;  // no way back
  }
  switch (state_) {
    case ServiceState::kStopped:
    case ServiceState::kFailed:
    case ServiceState::kDone:
    case ServiceState::kBackoff:  // the operator does not wait for the back-off
      return begin_fresh();
    case ServiceState::kStopping:
      goal_ = Goal::kUp;
      pending_end_.reset();
      return;
    case ServiceState::kWaiting:
    case ServiceState::kStarting:
    case ServiceState::kRunning:
      return;  // as wanted
  }
}

void ServiceMachine::on_stop(const ServiceEvent& event) {
  std::string reason = event.text.empty() ? "stopped" : event.text;
  switch (state_) {
    case ServiceState::kWaiting:
    case ServiceState::kBackoff:
      return enter(ServiceState::kStopped, std::move(reason));
    case ServiceState::kStarting:
    case ServiceState::kRunning:
      begin_stop(Goal::kDown, std::move(reason));
      return event.held ? hold_stop() : ask_to_stop();
    case ServiceState::kStopping:
      goal_ = Goal::kDown;
      pending_end_.reset();
      stop_reason_ = std::move(reason);
      return;
    case ServiceState::kDone:
      if (!has_something_to_undo()) {
        return;
      }
      begin_stop(Goal::kDown, std::move(reason));
      return event.held ? hold_stop() : ask_to_stop();
    case ServiceState::kStopped:
    case ServiceState::kFailed:
      return;  // down already; failed and done keep telling how it went
  }
}

void ServiceMachine::on_restart() {
  switch (state_) {
    case ServiceState::kStarting:
    case ServiceState::kRunning:
      begin_stop(Goal::kUp, "stopped");
      return ask_to_stop();
    case ServiceState::kDone:
      if (!has_something_to_undo()) {
        return on_start();
      }
      begin_stop(Goal::kUp, "stopped");
      return ask_to_stop();
    case ServiceState::kStopped:
    case ServiceState::kFailed:
    case ServiceState::kBackoff:
    case ServiceState::kStopping:
    case ServiceState::kWaiting:
      return on_start();  // nothing runs that would have to end first, or it is ending
  }
}

void ServiceMachine::on_dependencies_met() {
  switch (state_) {
    case ServiceState::kWaiting:
      return begin_spawn();
    case ServiceState::kStopped:
    case ServiceState::kStarting:
    case ServiceState::kRunning:
    case ServiceState::kStopping:
    case ServiceState::kBackoff:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      return;  // it does not wait (any more)
  }
}

void ServiceMachine::on_dependencies_blocked(const ServiceEvent& event) {
  switch (state_) {
    case ServiceState::kWaiting:
      reason_ = event.text;  // it stays, for the other may still come up
      return;
    case ServiceState::kStopped:
    case ServiceState::kStarting:
    case ServiceState::kRunning:
    case ServiceState::kStopping:
    case ServiceState::kBackoff:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      return;  // it does not wait (any more)
  }
}

// ---- events: what the world reports ----

void ServiceMachine::on_spawned(const ServiceEvent& event) {
  if (child_ != ChildPhase::kSpawning || event.incarnation != incarnation_) {
    return kill_stray(event.pid);
  }
  child_ = ChildPhase::kAlive;
  pid_ = event.pid;
  group_ = event.pid;
  former_pid_ = 0;
  if (early_main_pid_) {
    former_pid_ = event.pid;
    pid_ = early_main_pid_->pid;
    group_ = early_main_pid_->group;
  }
  sweep_due_ = true;
  run_began_ns_ = now_ns_;
  exit_hook_due_ = rules_.has_exit_hook;
  switch (state_) {
    case ServiceState::kStarting:
      cancel_timer();
      return rules_.awaits_ready() && !ready_early_ ? await_ready() : begin_running();
    case ServiceState::kStopping:
      // The stop that came while it was being spawned; its timer runs.
      return stop_phase_ == StopPhase::kAsked ? run_stop_command() : void();
    case ServiceState::kStopped:
    case ServiceState::kWaiting:
    case ServiceState::kRunning:
    case ServiceState::kBackoff:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      ASSERT(false && "a child is being spawned in starting and stopping only");
  }
}

void ServiceMachine::on_spawn_failed(const ServiceEvent& event) {
  if (child_ != ChildPhase::kSpawning || event.incarnation != incarnation_) {
    return;  // of an abandoned spawn
  }
  child_ = ChildPhase::kNone;
  last_exit_ = event.exit;
  switch (state_) {
    case ServiceState::kStarting:
      return end_run(event.exit, event.text);
    case ServiceState::kStopping:
      return finish_stop();
    case ServiceState::kStopped:
    case ServiceState::kWaiting:
    case ServiceState::kRunning:
    case ServiceState::kBackoff:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      ASSERT(false && "a child is being spawned in starting and stopping only");
  }
}

void ServiceMachine::on_exited(const ServiceEvent& event) {
  if (child_ == ChildPhase::kAlive && event.pid == former_pid_) {
    former_pid_ = 0;  // it has handed over
    return;
  }
  if (child_ != ChildPhase::kAlive || event.pid != pid_) {
    return;  // of a process that was killed as a stray
  }
  child_ = ChildPhase::kNone;
  last_exit_ = event.exit;
  switch (state_) {
    case ServiceState::kStarting:
    case ServiceState::kRunning:
      backoff_.on_run_ended(now_ns_ - run_began_ns_);
      return end_run(event.exit, event.exit.describe());
    case ServiceState::kStopping:
      return on_leader_gone();
    case ServiceState::kStopped:
    case ServiceState::kWaiting:
    case ServiceState::kBackoff:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      ASSERT(false && "a child lives in starting, running and stopping only");
  }
}

void ServiceMachine::on_ready() {
  switch (state_) {
    case ServiceState::kStarting:
      ready_early_ = child_ == ChildPhase::kSpawning;
      return ready_early_ ? void() : begin_running();
    case ServiceState::kStopped:
    case ServiceState::kWaiting:
    case ServiceState::kRunning:
    case ServiceState::kStopping:
    case ServiceState::kBackoff:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      return;  // late, or told twice
  }
}

void ServiceMachine::on_unhealthy(const ServiceEvent& event) {
  switch (state_) {
    case ServiceState::kRunning:
      return rules_.unhealthy_then == UnhealthyThen::kRestart
                 ? stop_as_crash(Goal::kReplace, event.text)
                 : void();
    case ServiceState::kStopped:
    case ServiceState::kWaiting:
    case ServiceState::kStarting:
    case ServiceState::kStopping:
    case ServiceState::kBackoff:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      return;  // late: the run that was looked at is over
  }
}

/// Only what has a limit is extended, and never beyond a shutdown's deadline.
void ServiceMachine::on_extend(const ServiceEvent& event) {
  switch (state_) {
    case ServiceState::kStarting:
      if (timer_ && timer_->kind == TimerKind::kReady && event.deadline_ns > timer_->due_ns) {
        start_timer(TimerKind::kReady, event.deadline_ns - now_ns_);
      }
      return;
    case ServiceState::kStopping:
      if (is_being_asked() && event.deadline_ns > stop_deadline_ns_) {
        stop_deadline_ns_ = std::min(event.deadline_ns, shutdown_deadline_ns_);
        arm_stop_timer();
      }
      return;
    case ServiceState::kStopped:
    case ServiceState::kWaiting:
    case ServiceState::kRunning:
    case ServiceState::kBackoff:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      return;  // nothing has a limit
  }
}

void ServiceMachine::on_timer(const ServiceEvent& event) {
  if (!timer_ || event.generation != timer_->generation) {
    return;  // it was cancelled or replaced while on its way
  }
  timer_.reset();
  switch (state_) {
    case ServiceState::kBackoff:
      ++restarts_;
      return begin_wait();
    case ServiceState::kStarting:
      return on_start_timer();
    case ServiceState::kRunning:
      return on_run_too_long();
    case ServiceState::kStopping:
      return on_stop_timer();
    case ServiceState::kStopped:
    case ServiceState::kWaiting:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      ASSERT(false && "these states have no timer");
  }
}

void ServiceMachine::on_group_changed() {
  switch (state_) {
    case ServiceState::kStopping:
      return child_ == ChildPhase::kLingering ? look_at_group() : void();
    case ServiceState::kStopped:
    case ServiceState::kWaiting:
    case ServiceState::kStarting:
    case ServiceState::kRunning:
    case ServiceState::kBackoff:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      return;  // nobody waits for a group
  }
}

void ServiceMachine::enter(ServiceState state, std::string reason, std::uint64_t delay_ns) {
  cancel_timer();
  const ServiceState from = std::exchange(state_, state);
  since_ns_ = now_ns_;
  due_ = due_ && !is_at_rest(state);
  reason_ = std::move(reason);
  port_.state_changed(id_, {from, state, reason_, delay_ns});
}

void ServiceMachine::start_timer(TimerKind kind, std::uint64_t delay_ns) {
  timer_ = {kind, ++timer_generation_, now_ns_ + delay_ns};
  port_.start_timer(id_, delay_ns, *timer_);
}

void ServiceMachine::cancel_timer() {
  if (timer_) {
    timer_.reset();
    port_.cancel_timer(id_);
  }
}

}  // namespace supervisor
