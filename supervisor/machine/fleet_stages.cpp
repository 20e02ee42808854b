// What runs around the services: init before them, before_stop while they still answer, finish when
// they are gone. fleet_machine.h has the budget.
#include <algorithm>
#include <utility>

#include "supervisor/machine/fleet_machine.h"

namespace supervisor {

std::optional<StageMachine>& FleetMachine::stage(StageKind kind) {
  return stages_[static_cast<std::size_t>(kind)];
}

void FleetMachine::boot(std::uint64_t now_ns) {
  now_ns_ = now_ns;
  if (auto& init = stage(StageKind::kInit)) {
    state_ = FleetState::kInit;
    init->begin(StageMachine::kNever, now_ns);
  } else {
    start_services();
  }
  drain();
}

void FleetMachine::start_services() {
  state_ = FleetState::kRunning;
  services_started_ = true;
  for (ServiceId id = 0; id < services_.size(); ++id) {
    if (services_[id]->rules().start == StartMode::kBoot) {
      start_with_dependencies(id, now_ns_);
    }
  }
}

/// Something happened to a stage: if it has ended, what comes behind it begins.
void FleetMachine::follow_stages() {
  if (const auto& init = stage(StageKind::kInit); init && init->ended()) {
    if (state_ == FleetState::kInit) {
      on_init_ended(*init);
    } else if (step_ == StopStep::kInit) {
      stop_services();
    }
  }
  const auto& before_stop = stage(StageKind::kBeforeStop);
  if (step_ == StopStep::kBeforeStop && before_stop->ended()) {
    stop_services();
  }
  drain();
  if (step_ == StopStep::kFinish && stage(StageKind::kFinish)->ended()) {
    finish();
  }
}

void FleetMachine::on_init_ended(const StageMachine& init) {
  if (init.result() == StageMachine::Result::kDone ||
      rules_.stages[0]->on_failure == OnFailure::kContinue) {
    return start_services();
  }
  decide(DecidedBy::kService, init.exit_code());
  begin_shutdown({.reason = init.reason()}, now_ns_);
}

/// The first step of the end; what is still to run of the boot is given up.
void FleetMachine::begin_stop_steps() {
  auto& init = stage(StageKind::kInit);
  auto& before_stop = stage(StageKind::kBeforeStop);
  const std::uint64_t services_ns = services_deadline_ns_ - now_ns_;
  if (init && !init->ended()) {
    step_ = StopStep::kInit;
    init->stop(services_deadline_ns_, now_ns_);
    return init->ended() ? stop_services() : void();
  }
  if (before_stop && services_started_) {
    step_ = StopStep::kBeforeStop;
    return before_stop->begin(now_ns_ + services_ns / 2, now_ns_);
  }
  stop_services();
}

/// All services are down, or nothing more can be done for them.
void FleetMachine::begin_finish() {
  step_ = StopStep::kFinish;
  ++timer_generation_;
  port_.cancel_fleet_timer();
  auto& finish_stage = stage(StageKind::kFinish);
  if (!finish_stage) {
    return finish();
  }
  finish_stage->begin(std::max(finish_deadline_ns_, now_ns_), now_ns_);
}

void FleetMachine::hurry_stages() {
  for (auto& stage : stages_) {
    if (stage) {
      stage->hurry();
    }
  }
}

// ---- what the world reports ----

void FleetMachine::on_stage_listed(StageKind kind, std::vector<std::string> names,
                                   std::uint64_t now_ns) {
  now_ns_ = now_ns;
  stage(kind)->on_listed(std::move(names), now_ns);
  follow_stages();
}

void FleetMachine::on_stage_list_failed(StageKind kind, std::string_view reason,
                                        std::uint64_t now_ns) {
  now_ns_ = now_ns;
  stage(kind)->on_list_failed(reason);
  follow_stages();
}

void FleetMachine::on_script_started(StageKind kind, pid_t pid) {
  stage(kind)->on_started(pid);
}

void FleetMachine::on_script_start_failed(StageKind kind, int exit_code, std::string_view reason,
                                          std::uint64_t now_ns) {
  now_ns_ = now_ns;
  stage(kind)->on_start_failed(exit_code, reason, now_ns);
  follow_stages();
}

void FleetMachine::on_stage_timer(StageKind kind, std::uint64_t generation, std::uint64_t now_ns) {
  now_ns_ = now_ns;
  stage(kind)->on_timer(generation, now_ns);
  follow_stages();
}

bool FleetMachine::on_script_exited(pid_t pid, const ExitStatus& exit, std::uint64_t now_ns) {
  now_ns_ = now_ns;
  const bool is_script = std::ranges::any_of(
      stages_, [&](auto& stage) { return stage && stage->on_exited(pid, exit, now_ns); });
  if (is_script) {
    follow_stages();
  }
  return is_script;
}

}  // namespace supervisor
