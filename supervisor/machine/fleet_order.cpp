// Who starts before whom, who goes down with whom, who stops after whom.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/name_patterns.h"
#include "supervisor/machine/fleet_machine.h"

namespace supervisor {
namespace {

constexpr std::size_t kReasonBytesMax = 240;  // one reason holds another's, and so on

std::string cut(std::string reason) {
  if (reason.size() > kReasonBytesMax) {
    reason.resize(kReasonBytesMax);
    reason += "...";
  }
  return reason;
}

std::string with_reason(std::string text, const std::string& reason) {
  return reason.empty() ? text : cut(fmt::format("{}: {}", text, reason));
}

}  // namespace

/// A name with instances means all of them. Names that nobody has are left out: whoever loads
/// refuses them. Only those who were removed depend on one who was removed and still stops.
DependencyGraph FleetMachine::make_graph() const {
  using Names = std::multimap<std::string_view, ServiceId>;
  Names ids;
  Names leaving;
  const auto add = [&](Names& names, ServiceId id) {
    const std::string_view name = services_[id]->rules().name;
    names.emplace(name, id);
    if (const std::string_view stem = base::name_stem(name); stem != name) {
      names.emplace(stem, id);
    }
  };
  for (ServiceId id = 0; id < services_.size(); ++id) {
    if (!removed_[id]) {
      add(ids, id);
    } else if (!services_[id]->at_rest()) {
      add(leaving, id);
    }
  }
  DependencyLists lists(services_.size());
  for (ServiceId id = 0; id < services_.size(); ++id) {
    for (const DependencyRule& rule : services_[id]->next_rules().dependencies) {
      const bool leaves = removed_[id] && !ids.contains(rule.on);
      const auto [begin, end] = (leaves ? leaving : ids).equal_range(rule.on);
      std::for_each(begin, end, [&, kind = rule.kind](const auto& on) {
        lists[id].push_back({on.second, kind});
      });
    }
  }
  return DependencyGraph(std::move(lists));
}

// ---- starts ----

/// `obstacles`: of the services that come before, in order.
FleetMachine::Obstacle FleetMachine::find_obstacle(const Dependency& dependency,
                                                   const std::vector<Obstacle>& obstacles) const {
  const ServiceMachine& other = *services_[dependency.on];
  const std::string& name = other.rules().name;
  const auto is_down = [&](std::string_view how, const std::string& reason) -> Obstacle {
    if (dependency.kind != DependencyKind::kRequires) {
      return {};
    }
    return {.down = true,
            .reason = with_reason(fmt::format("requires {}, which {}", name, how), reason)};
  };
  if (other.rules().schedule && !other.at_rest() && other.state() != ServiceState::kStopping) {
    return {};  // it runs now and then
  }
  const auto is_on_its_way = [&](std::string_view how) -> Obstacle {
    return {.down = false, .reason = fmt::format("waits for {}, which {}", name, how)};
  };
  switch (other.state()) {
    case ServiceState::kStopped:
      return is_down("is stopped", "");
    case ServiceState::kWaiting:
      return obstacles[dependency.on].down ? is_down("waits", obstacles[dependency.on].reason)
                                           : is_on_its_way("waits itself");
    case ServiceState::kStarting:
      return is_on_its_way("is starting");
    case ServiceState::kRunning:
      return other.rules().type == ServiceType::kOneshot ? is_on_its_way("is not done")
                                                         : Obstacle{};
    case ServiceState::kStopping:
      return is_on_its_way("is stopping");
    case ServiceState::kBackoff:
      return is_down("failed and is tried again", other.reason());
    case ServiceState::kFailed:
      return is_down("has failed", other.reason());
    case ServiceState::kDone:
      return {};
  }
  return {};
}

/// The worst one: what is down counts more than what is on its way.
FleetMachine::Obstacle FleetMachine::find_obstacle(ServiceId waiting,
                                                   const std::vector<Obstacle>& obstacles) const {
  Obstacle worst;
  for (const Dependency& dependency : graph_.dependencies(waiting)) {
    Obstacle obstacle = find_obstacle(dependency, obstacles);
    if (!obstacle.reason.empty() && (worst.reason.empty() || (obstacle.down && !worst.down))) {
      worst = std::move(obstacle);
    }
  }
  return worst;
}

/// When all inputs are handled: what the new states allow. False: nothing new.
bool FleetMachine::review() {
  if (std::exchange(moved_, false)) {
    if (state_ == FleetState::kRunning) {
      review_waiting();
    }
    review_held();
  }
  return !inputs_.empty();
}

void FleetMachine::review_waiting() {
  const auto waits = [](const auto& service) {
    return service->state() == ServiceState::kWaiting && !service->waits_for_its_time();
  };
  if (std::ranges::none_of(services_, waits)) {
    return;
  }
  std::vector<Obstacle> obstacles(services_.size());
  for (const ServiceId id : graph_.order()) {
    const ServiceMachine& service = *services_[id];
    if (service.state() != ServiceState::kWaiting || service.waits_for_its_time()) {
      continue;
    }
    obstacles[id] = find_obstacle(id, obstacles);
    const std::string& reason = obstacles[id].reason;
    if (reason.empty()) {
      inputs_.push_back({id, {.kind = ServiceEventKind::kDependenciesMet}, now_ns_});
    } else if (reason != service.reason()) {
      inputs_.push_back(
          {id, {.kind = ServiceEventKind::kDependenciesBlocked, .text = reason}, now_ns_});
    }
  }
}

void FleetMachine::start_with_dependencies(ServiceId service, std::uint64_t now_ns) {
  for (const ServiceId id : graph_.started_with(service)) {
    // What was done stays done for others; for itself it is asked for once more.
    if (id == service || services_[id]->state() != ServiceState::kDone) {
      inputs_.push_back({id, {.kind = ServiceEventKind::kStart}, now_ns});
    }
  }
}

/// What it wants and requires is only started where it is down.
void FleetMachine::restart_with_dependencies(ServiceId service, std::uint64_t now_ns) {
  for (const ServiceId id : graph_.started_with(service)) {
    if (id != service && services_[id]->state() != ServiceState::kDone) {
      inputs_.push_back({id, {.kind = ServiceEventKind::kStart}, now_ns});
    }
  }
  inputs_.push_back({service, {.kind = ServiceEventKind::kRestart}, now_ns});
}

// ---- stops ----

/// A service may be held for one that rests by the time of the review: then it goes on at once.
void FleetMachine::review_held() {
  for (const auto& service : services_) {
    const auto stops = [this](ServiceId id) {
      return services_[id]->state() == ServiceState::kStopping;
    };
    if (service->stop_held() && !graph_.any_dependent(service->id(), stops)) {
      inputs_.push_back({service->id(), {.kind = ServiceEventKind::kStopReleased}, now_ns_});
    }
  }
}

bool FleetMachine::has_dependent_to_stop(ServiceId service) const {
  const auto has_to_stop = [this](ServiceId id) { return services_[id]->has_something_to_stop(); };
  return !graph_.empty() && graph_.any_dependent(service, has_to_stop);
}

/// True: a primary is among them. One that waits for its start stays: the other may come up again.
/// A scheduled one between its runs stays too, and with it those that require only that.
bool FleetMachine::stop_dependents(ServiceId service, std::string_view why, std::uint64_t now_ns) {
  bool takes_a_primary = false;
  std::vector<bool> goes_down(services_.size(), false);
  goes_down[service] = true;
  for (const ServiceId id : graph_.stopped_with(service)) {
    const ServiceMachine& dependent = *services_[id];
    const bool loses_one =
        std::ranges::any_of(graph_.dependencies(id), [&](const Dependency& dependency) {
          return dependency.kind == DependencyKind::kRequires && goes_down[dependency.on];
        });
    goes_down[id] =
        loses_one && !(dependent.rules().schedule && dependent.state() == ServiceState::kWaiting);
    if (!goes_down[id]) {
      continue;
    }
    if (!dependent.has_something_to_stop() || dependent.state() == ServiceState::kWaiting) {
      continue;
    }
    takes_a_primary = takes_a_primary || dependent.rules().primary;
    std::string reason =
        fmt::format("requires {}, which {}", services_[service]->rules().name, why);
    inputs_.push_back({id, {.kind = ServiceEventKind::kStop, .text = std::move(reason)}, now_ns});
  }
  return takes_a_primary;
}

void FleetMachine::on_failed_for_good(ServiceId service, const ExitStatus& exit) {
  if (state_ == FleetState::kRunning && stop_dependents(service, "has failed", now_ns_)) {
    const std::string& name = services_[service]->rules().name;
    decide(DecidedBy::kService, exit.container_code());
    begin_shutdown({.reason = fmt::format("{} has failed, which a primary requires", name)},
                   now_ns_);
  }
}

}  // namespace supervisor
