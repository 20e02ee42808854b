// How a running fleet takes a configuration that was read again.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "supervisor/machine/fleet_machine.h"

namespace supervisor {

void FleetMachine::add_service(ServiceId id, ServiceRules rules) {
  ASSERT(id <= services_.size());
  if (id < services_.size()) {
    checks_[id].set_rules(rules.checks);
    schedules_[id] = ScheduleMachine(rules.schedule);
    services_[id]->renew(std::move(rules));
    removed_[id] = false;
    return;
  }
  checks_.emplace_back(id, rules.checks, port_);
  schedules_.emplace_back(rules.schedule);
  services_.push_back(
      std::make_unique<ServiceMachine>(id, std::move(rules), static_cast<ServicePort&>(*this)));
  removed_.push_back(false);
}

std::optional<ServiceId> FleetMachine::free_id(std::string_view name,
                                               const std::vector<ServiceId>& taken) const {
  std::optional<ServiceId> found;
  for (ServiceId id = 0; id < services_.size(); ++id) {
    if (!removed_[id] || std::ranges::find(taken, id) != taken.end()) {
      continue;
    }
    if (services_[id]->rules().name == name) {
      return id;
    }
    if (!found && services_[id]->at_rest()) {
      found = id;
    }
  }
  return found;
}

base::Result<void> FleetMachine::change(FleetChange change, std::uint64_t now_ns) {
  if (state_ != FleetState::kRunning) {
    return base::fail(base::ErrorCode::kUnavailable,
                      state_ == FleetState::kInit ? "the init scripts still run; try again later"
                                                  : "everything is being shut down");
  }
  now_ns_ = now_ns;
  trace_.set_incomplete();
  change_rules(std::move(change.rules));
  change_services(change);
  graph_ = make_graph();
  follow_change(change);
  moved_ = true;
  drain();
  return {};
}

/// Takes the rules out of `change`.
void FleetMachine::change_services(FleetChange& change) {
  for (const ServiceId id : change.removed) {
    removed_[id] = true;
  }
  for (FleetChange::Service& service : change.updated) {
    update(service.id, std::move(service.rules));
  }
  for (FleetChange::Service& service : change.restarted) {
    set_schedule(service.id, service.rules);
    services_[service.id]->set_next_rules(std::move(service.rules));
  }
  for (FleetChange::Service& service : change.added) {
    if (service.id < services_.size() && !services_[service.id]->at_rest()) {
      set_schedule(service.id, service.rules);
      services_[service.id]->set_next_rules(std::move(service.rules));  // it comes back as it goes
      removed_[service.id] = false;
    } else {
      add_service(service.id, std::move(service.rules));
    }
  }
}

void FleetMachine::follow_change(const FleetChange& change) {
  for (const ServiceId id : change.removed) {
    inputs_.push_back({id, {.kind = ServiceEventKind::kStop, .text = "removed"}, now_ns_});
  }
  for (const FleetChange::Service& service : change.restarted) {
    restart_changed(service.id);
  }
  for (const FleetChange::Service& service : change.updated) {
    if (!services_[service.id]->at_rest()) {
      start_with_dependencies(service.id, now_ns_);  // what it wants now may not run yet
    }
  }
  for (const FleetChange::Service& service : change.added) {
    if (services_[service.id]->next_rules().start == StartMode::kBoot) {
      start_with_dependencies(service.id, now_ns_);
    }
  }
}

void FleetMachine::change_rules(FleetRules rules) {
  rules_ = std::move(rules);
  for (std::size_t kind = 0; kind < stages_.size(); ++kind) {
    const bool has_begun = kind == static_cast<std::size_t>(StageKind::kInit);
    if (!has_begun) {
      stages_[kind].reset();
      if (rules_.stages[kind]) {
        stages_[kind].emplace(*rules_.stages[kind], port_.stages());
      }
    }
  }
}

void FleetMachine::update(ServiceId id, ServiceRules rules) {
  ServiceMachine& service = *services_[id];
  const bool starts = service.state() == ServiceState::kStarting;
  checks_[id].set_rules(rules.checks);
  set_schedule(id, rules);
  service.set_rules(std::move(rules));
  if (starts) {
    // What it was waiting for may be another thing now.
    inputs_.push_back({id, {.kind = ServiceEventKind::kRestart}, now_ns_});
  }
  pursue_checks(id, now_ns_);
}

/// Who was stopped by the operator stays so; who has failed or is done may do better now.
void FleetMachine::restart_changed(ServiceId id) {
  const ServiceMachine& service = *services_[id];
  const ServiceState state = service.state();
  if (service.rules().schedule && service.next_rules().schedule) {
    return;  // its next run is soon enough
  }
  if (state == ServiceState::kStopped || state == ServiceState::kStopping) {
    return;
  }
  restart_with_dependencies(id, now_ns_);
}

}  // namespace supervisor
