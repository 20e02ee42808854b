#include "supervisor/machine/fleet_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace supervisor {
FleetMachine::FleetMachine(FleetRules rules, std::vector<ServiceRules> services, FleetPort& port)
    : rules_(std::move(rules)), port_(port), graph_(DependencyLists()) {
  for (ServiceRules& service : services) {
    add_service(static_cast<ServiceId>(services_.size()), std::move(service));
  }
  graph_ = make_graph();
  for (std::size_t kind = 0; kind < stages_.size(); ++kind) {
    if (rules_.stages[kind]) {
      stages_[kind].emplace(*rules_.stages[kind], port_.stages());
    }
  }
}

// ---- inputs ----

void FleetMachine::request_shutdown(const ShutdownRequest& request, std::uint64_t now_ns) {
  if (request.exit_code) {
    decide(DecidedBy::kRequest, *request.exit_code);
  }
  switch (state_) {
    case FleetState::kInit:
    case FleetState::kRunning:
      begin_shutdown(request, now_ns);
      break;
    case FleetState::kStopping:
      hurry(now_ns);
      break;
    case FleetState::kStopped:
      break;  // it is over
  }
  drain();
}

void FleetMachine::on_spawned(ServiceId service, std::uint32_t incarnation, pid_t pid,
                              std::uint64_t now_ns) {
  post(service, {.kind = ServiceEventKind::kSpawned, .pid = pid, .incarnation = incarnation},
       now_ns);
}

void FleetMachine::on_spawn_failed(ServiceId service, std::uint32_t incarnation, int exit_code,
                                   std::string reason, std::uint64_t now_ns) {
  post(service,
       {.kind = ServiceEventKind::kSpawnFailed,
        .incarnation = incarnation,
        .exit = ExitStatus::not_started(exit_code),
        .text = std::move(reason)},
       now_ns);
}

bool FleetMachine::on_child_exited(pid_t pid, const ExitStatus& exit, std::uint64_t now_ns) {
  const auto found = std::ranges::find_if(services_, [pid](const auto& service) {
    return pid != 0 && (service->pid() == pid || service->former_pid() == pid);
  });
  const bool is_known = found != services_.end();
  if (is_known) {
    post((*found)->id(), {.kind = ServiceEventKind::kExited, .pid = pid, .exit = exit}, now_ns);
  }
  return is_known;
}

void FleetMachine::on_reaped(std::uint64_t now_ns) {
  for (const auto& service : services_) {
    if (service->child() == ChildPhase::kLingering) {
      inputs_.push_back({service->id(), {.kind = ServiceEventKind::kGroupChanged}, now_ns});
    }
  }
  drain();
}

void FleetMachine::on_ready(ServiceId service, std::uint64_t now_ns) {
  post(service, {.kind = ServiceEventKind::kReady}, now_ns);
}

void FleetMachine::on_main_pid(ServiceId service, pid_t pid, pid_t group, std::uint64_t now_ns) {
  post(service, {.kind = ServiceEventKind::kMainPid, .pid = pid, .group = group}, now_ns);
}

void FleetMachine::on_hook_done(ServiceId service, HookKind hook, std::uint64_t now_ns) {
  post(service, {.kind = ServiceEventKind::kHookDone, .hook = hook}, now_ns);
}

void FleetMachine::on_timer(ServiceId service, std::uint64_t generation, std::uint64_t now_ns) {
  post(service, {.kind = ServiceEventKind::kTimer, .generation = generation}, now_ns);
}

void FleetMachine::on_fleet_timer(std::uint64_t generation, std::uint64_t now_ns) {
  if (step_ == StopStep::kServices && generation == timer_generation_) {
    now_ns_ = now_ns;
    begin_finish();
  }
}

// ---- the operator's commands ----

base::Result<void> FleetMachine::start(std::string_view name, std::uint64_t now_ns) {
  TRY_ASSIGN(const ServiceId id, find_for("start", name));
  start_with_dependencies(id, now_ns);
  inputs_.push_back({id, {.kind = ServiceEventKind::kRun}, now_ns});
  drain();
  return {};
}

base::Result<void> FleetMachine::stop(std::string_view name, std::uint64_t now_ns) {
  TRY_ASSIGN(const ServiceId id, find_for("stop", name));
  stop_dependents(id, "is being stopped", now_ns);
  post(id, {.kind = ServiceEventKind::kStop}, now_ns);
  return {};
}

base::Result<void> FleetMachine::restart(std::string_view name, std::uint64_t now_ns) {
  TRY_ASSIGN(const ServiceId id, find_for("restart", name));
  restart_with_dependencies(id, now_ns);
  inputs_.push_back({id, {.kind = ServiceEventKind::kRun}, now_ns});
  drain();
  return {};
}

base::Result<ServiceId> FleetMachine::find_for(std::string_view verb, std::string_view name) const {
  const std::optional<ServiceId> id = find(name);
  if (!id) {
    return base::fail(base::ErrorCode::kNotFound,
                      fmt::format("cannot {} {}: no such service", verb, name));
  }
  if (state_ != FleetState::kRunning) {
    return base::fail(
        base::ErrorCode::kUnavailable,
        fmt::format("cannot {} {}: {}", verb, name,
                    state_ == FleetState::kInit ? "the init scripts still run; try again later"
                                                : "everything is being shut down"));
  }
  return *id;
}

std::optional<ServiceId> FleetMachine::find(std::string_view name) const {
  const auto found = std::ranges::find_if(services_, [this, name](const auto& service) {
    return !removed_[service->id()] && service->rules().name == name;
  });
  return found != services_.end() ? std::optional((*found)->id()) : std::nullopt;
}

std::optional<ServiceId> FleetMachine::find_by_pid(pid_t pid) const {
  const auto found = std::ranges::find_if(
      services_, [pid](const auto& service) { return pid != 0 && service->pid() == pid; });
  return found != services_.end() ? std::optional((*found)->id()) : std::nullopt;
}

std::optional<ServiceId> FleetMachine::first_primary() const {
  const auto found = std::ranges::find_if(services_, [this](const auto& service) {
    return !removed_[service->id()] && service->rules().primary;
  });
  return found != services_.end() ? std::optional((*found)->id()) : std::nullopt;
}

// ---- the queue ----

void FleetMachine::post(ServiceId service, ServiceEvent event, std::uint64_t now_ns) {
  inputs_.push_back({service, std::move(event), now_ns});
  drain();
}

void FleetMachine::post_all(const ServiceEvent& event, std::uint64_t now_ns) {
  for (const auto& service : services_) {
    inputs_.push_back({service->id(), event, now_ns});
  }
}

void FleetMachine::drain() {
  if (draining_) {
    return;  // called from inside an effect: the loop below goes on with it
  }
  draining_ = true;
  while (!inputs_.empty() || review()) {
    Input input = std::move(inputs_.front());
    inputs_.pop_front();
    handle(std::move(input));
  }
  draining_ = false;
  if (step_ == StopStep::kServices && unrested_count() == 0) {
    begin_finish();
  }
}

void FleetMachine::handle(Input input) {
  const ServiceEventKind kind = input.event.kind;
  if (kind == ServiceEventKind::kDependenciesMet && state_ != FleetState::kRunning) {
    return;  // the shutdown began after the review that found it
  }
  if (kind == ServiceEventKind::kStop || kind == ServiceEventKind::kShutdown) {
    input.event.held = has_dependent_to_stop(input.service);
  }
  now_ns_ = input.now_ns;
  trace_.add(input.service, input.event, input.now_ns);
  services_[input.service]->step(input.event, input.now_ns);
  pursue_checks(input.service, input.now_ns);
  pursue_schedule(input.service, input.now_ns);
}

// ---- what the machines ask for ----

void FleetMachine::state_changed(ServiceId service, const StateChange& change) {
  const ServiceMachine& machine = *services_[service];
  port_.state_changed(service, change);
  moved_ = true;
  if (state_ == FleetState::kStopping && machine.rules().primary && machine.at_rest() &&
      machine.last_exit()) {
    decide(DecidedBy::kService, machine.last_exit()->container_code());
  }
}

void FleetMachine::ended_for_good(ServiceId service, const Ending& ending) {
  port_.ended_for_good(service, ending);
  if (services_[service]->state() == ServiceState::kFailed) {
    on_failed_for_good(service, ending.exit);
  }
  const ServiceRules& rules = services_[service]->rules();
  if (!rules.primary && ending.effect == EndingEffect::kNone) {
    return;
  }
  decide(DecidedBy::kService, ending.exit.container_code());
  if (state_ == FleetState::kRunning) {
    begin_shutdown({.reason = fmt::format("{} has ended", rules.name)}, now_ns_);
  }
}

void FleetMachine::spawn(ServiceId service, std::uint32_t incarnation) {
  checks_[service].set_rules(services_[service]->rules().checks);
  port_.spawn(service, incarnation);
}
void FleetMachine::abandon_spawn(ServiceId service) {
  port_.abandon_spawn(service);
}
void FleetMachine::signal(ServiceId service, pid_t pid, int signal, StopTo target) {
  port_.signal(service, pid, signal, target);
}
void FleetMachine::kill_group(ServiceId service, pid_t group) {
  port_.kill_group(service, group);
}
bool FleetMachine::group_alive(pid_t group) {
  const bool alive = port_.group_alive(group);
  trace_.add_answer(TraceKind::kGroupAlive, alive ? 1 : 0);
  return alive;
}
void FleetMachine::run_hook(ServiceId service, HookKind hook, std::string_view reason) {
  port_.run_hook(service, hook, reason);
}
void FleetMachine::abandon_hook(ServiceId service, HookKind hook) {
  port_.abandon_hook(service, hook);
}
void FleetMachine::start_timer(ServiceId service, std::uint64_t delay_ns,
                               const ServiceTimer& timer) {
  port_.start_timer(service, delay_ns, timer);
}
void FleetMachine::cancel_timer(ServiceId service) {
  port_.cancel_timer(service);
}
std::uint64_t FleetMachine::random() {
  const std::uint64_t bits = port_.random();
  trace_.add_answer(TraceKind::kRandom, bits);
  return bits;
}

}  // namespace supervisor
