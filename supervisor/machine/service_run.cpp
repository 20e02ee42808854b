// How a run begins and what follows its end: restart, done or failed.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "supervisor/machine/service_machine.h"

namespace supervisor {
namespace {

constexpr int kCodeDidNotWork = 1;  // of a run that was ended for that and then exited well

}  // namespace

void ServiceMachine::renew(ServiceRules rules) {
  ASSERT(at_rest());
  set_rules(std::move(rules));
  state_ = ServiceState::kStopped;
  restarts_ = 0;
  last_exit_.reset();
  stop_report_.reset();
  reason_.clear();
  exit_hook_due_ = false;
}

void ServiceMachine::set_rules(ServiceRules rules) {
  next_rules_.reset();
  rules_ = std::move(rules);
  backoff_ = Backoff(rules_.backoff);
  window_ = RestartWindow(rules_.restart_limit);
  exit_hook_due_ = rules_.has_exit_hook && (child_ == ChildPhase::kAlive || exit_hook_due_);
}

void ServiceMachine::set_next_rules(ServiceRules rules) {
  if (child_ == ChildPhase::kNone) {
    set_rules(std::move(rules));
  } else {
    next_rules_ = std::move(rules);
  }
}

void ServiceMachine::take_next_rules() {
  if (next_rules_) {
    set_rules(*std::exchange(next_rules_, std::nullopt));
  }
}

void ServiceMachine::begin_fresh() {
  backoff_.reset();
  window_.reset();
  begin_wait();
}

void ServiceMachine::begin_wait() {
  take_next_rules();
  goal_ = Goal::kUp;
  enter(ServiceState::kWaiting, "");
}

void ServiceMachine::begin_spawn() {
  take_next_rules();
  child_ = ChildPhase::kSpawning;
  ready_early_ = false;
  early_main_pid_.reset();
  ++incarnation_;
  start_began_ns_ = now_ns_;
  enter(ServiceState::kStarting, "");
  start_timer(TimerKind::kSpawn, spawn_limit_ns());
  port_.spawn(id_, incarnation_);
}

std::uint64_t ServiceMachine::spawn_limit_ns() const {
  return std::min(rules_.limits.spawn_timeout_ns, rules_.ready_timeout_ns.value_or(kNever));
}

/// The limit is of the whole start: what the spawn took is gone.
void ServiceMachine::await_ready() {
  if (rules_.ready_timeout_ns) {
    const std::uint64_t gone_ns = now_ns_ - start_began_ns_;
    start_timer(TimerKind::kReady,
                *rules_.ready_timeout_ns - std::min(*rules_.ready_timeout_ns, gone_ns));
  }
}

/// Whoever reports it has looked: it lives, and it is the service's.
void ServiceMachine::on_main_pid(const ServiceEvent& event) {
  switch (child_) {
    case ChildPhase::kSpawning:
      early_main_pid_ = MainPid{event.pid, event.group};
      return;
    case ChildPhase::kAlive:
      if (former_pid_ == 0 && event.pid != pid_) {
        former_pid_ = pid_;
      } else if (event.pid == former_pid_) {
        former_pid_ = 0;  // the first one again
      }
      pid_ = event.pid;
      group_ = event.group;
      return state_ == ServiceState::kStopping ? stop_new_main() : void();
    case ChildPhase::kNone:
    case ChildPhase::kLingering:
    case ChildPhase::kHook:
      return;  // late: its run is over
  }
}

void ServiceMachine::begin_running() {
  enter(ServiceState::kRunning, "");
  if (rules_.run_timeout_ns) {
    start_timer(TimerKind::kRun, *rules_.run_timeout_ns);
  }
}

void ServiceMachine::on_run_too_long() {
  const std::uint64_t taken_ns = (now_ns_ - since_ns_) / base::kNsPerMs * base::kNsPerMs;
  stop_as_crash(Goal::kCrash, fmt::format("it ran for {}, longer than its timeout",
                                          base::format_duration(taken_ns)));
}

void ServiceMachine::on_start_timer() {
  if (child_ == ChildPhase::kSpawning) {
    return on_spawn_stuck();
  }
  const std::uint64_t taken_ns = (now_ns_ - start_began_ns_) / base::kNsPerMs * base::kNsPerMs;
  stop_as_crash(Goal::kCrash, fmt::format("not ready within {}", base::format_duration(taken_ns)));
}

void ServiceMachine::stop_as_crash(Goal goal, std::string reason) {
  begin_stop(goal, reason);
  ask_to_stop();
  reason_ = std::move(reason);
}

void ServiceMachine::on_spawn_stuck() {
  port_.abandon_spawn(id_);
  child_ = ChildPhase::kNone;
  last_exit_ = ExitStatus::not_started(kCodeNotExecutable);
  end_run(*last_exit_, fmt::format("cannot start {}: the start hung for {}", rules_.name,
                                   base::format_duration(spawn_limit_ns())));
}

/// The run ended by itself, or never began.
void ServiceMachine::end_run(const ExitStatus& exit, std::string reason) {
  const bool success = exit.is_success(rules_.success_exit_codes);
  if (exit.kind != ExitKind::kNotStarted && !(success && rules_.type == ServiceType::kOneshot)) {
    kill_groups();
  }
  if (begin_exit_hook(reason)) {
    pending_end_ = {exit, std::move(reason)};
    return;
  }
  conclude_run(exit, std::move(reason));
}

/// Nothing of the run is left.
void ServiceMachine::conclude_run(const ExitStatus& exit, std::string reason) {
  const bool success = exit.is_success(rules_.success_exit_codes);
  follow_run(decide_after_run(rules_.type, rules_.restart, success), exit, std::move(reason));
}

/// It was stopped because it did not work: a failure, however it took the stop.
void ServiceMachine::follow_stopped_run() {
  backoff_.on_run_ended(now_ns_ - run_began_ns_);
  const bool took_it_well = last_exit_->is_success(rules_.success_exit_codes);
  const ExitStatus exit = took_it_well ? ExitStatus::exited(kCodeDidNotWork) : *last_exit_;
  const AfterRun after = goal_ == Goal::kReplace ? AfterRun::kRestart
                                                 : decide_after_run(rules_.type, rules_.restart,
                                                                    /*success=*/false);
  follow_run(after, exit, std::move(stop_reason_));
}

void ServiceMachine::follow_run(AfterRun after, const ExitStatus& exit, std::string reason) {
  switch (after) {
    case AfterRun::kDone:
      return rules_.schedule
                 ? rest_until_due("")
                 : end_for_good(ServiceState::kDone, exit, std::move(reason), EndingEffect::kNone);
    case AfterRun::kFailed:
      return rules_.schedule ? rest_until_due(std::move(reason))
                             : end_for_good(ServiceState::kFailed, exit, std::move(reason),
                                            EndingEffect::kNone);
    case AfterRun::kRestart:
      break;
  }
  goal_ = Goal::kUp;
  if (!window_.try_count(now_ns_)) {
    reason += fmt::format("; restart_limit: {} restarts within {}", rules_.restart_limit.count,
                          base::format_duration(rules_.restart_limit.within.ns));
    if (rules_.schedule && rules_.restart_limit.then == RestartLimitThen::kStop) {
      return rest_until_due(std::move(reason));
    }
    return end_for_good(ServiceState::kFailed, exit, std::move(reason),
                        rules_.restart_limit.then == RestartLimitThen::kShutdown
                            ? EndingEffect::kShutdown
                            : EndingEffect::kNone);
  }
  // A start that failed fails again at once: without a pause PID 1 would do nothing else.
  const std::uint64_t pause_ns =
      exit.kind == ExitKind::kNotStarted ? rules_.limits.failed_start_ns : 0;
  const std::uint64_t delay_ns = std::max(pause_ns, backoff_.next_delay_ns(port_.random()));
  enter(ServiceState::kBackoff, std::move(reason), delay_ns);
  start_timer(TimerKind::kBackoff, delay_ns);
}

void ServiceMachine::end_for_good(ServiceState state, const ExitStatus& exit, std::string reason,
                                  EndingEffect effect) {
  goal_ = Goal::kDown;
  enter(state, std::move(reason));
  port_.ended_for_good(id_, {exit, effect});
}

/// A process that nobody asked for, or not any more.
void ServiceMachine::kill_stray(pid_t pid) {
  const bool is_ours = pid == pid_ || pid == former_pid_;
  if (!is_ours || child_ != ChildPhase::kAlive) {
    port_.kill_group(id_, pid);
  }
}

}  // namespace supervisor
