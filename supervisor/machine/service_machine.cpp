// The switches: what each event does in each state. service_run.cpp has what begins and ends runs,
// service_stop.cpp what a stop does.
#include "supervisor/machine/service_machine.h"

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
      return on_stop();
    case ServiceEventKind::kRestart:
      return on_restart();
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

void ServiceMachine::on_stop() {
  switch (state_) {
    case ServiceState::kWaiting:
    case ServiceState::kBackoff:
      return enter(ServiceState::kStopped, "stopped");
    case ServiceState::kStarting:
    case ServiceState::kRunning:
      return begin_stop(Goal::kDown);
    case ServiceState::kStopping:
      goal_ = Goal::kDown;
      pending_end_.reset();
      return;
    case ServiceState::kDone:
      return has_something_to_undo() ? begin_stop(Goal::kDown) : void();
    case ServiceState::kStopped:
    case ServiceState::kFailed:
      return;  // down already; failed and done keep telling how it went
  }
}

void ServiceMachine::on_restart() {
  switch (state_) {
    case ServiceState::kStarting:
    case ServiceState::kRunning:
      return begin_stop(Goal::kUp);
    case ServiceState::kDone:
      return has_something_to_undo() ? begin_stop(Goal::kUp) : on_start();
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
  run_began_ns_ = now_ns_;
  exit_hook_due_ = rules_.has_exit_hook;
  switch (state_) {
    case ServiceState::kStarting:
      cancel_timer();
      return rules_.awaits_ready ? void() : enter(ServiceState::kRunning, "");
    case ServiceState::kStopping:
      return run_stop_command();  // the stop that came while it was being spawned; its timer runs
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
      return child_ == ChildPhase::kAlive ? enter(ServiceState::kRunning, "") : void();
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
      return on_spawn_stuck();
    case ServiceState::kStopping:
      return on_stop_timer();
    case ServiceState::kStopped:
    case ServiceState::kWaiting:
    case ServiceState::kRunning:
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

void ServiceMachine::enter(ServiceState state, std::string reason) {
  cancel_timer();
  const ServiceState from = std::exchange(state_, state);
  since_ns_ = now_ns_;
  reason_ = std::move(reason);
  port_.state_changed(id_, {from, state, reason_});
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
