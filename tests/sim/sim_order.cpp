#include "tests/sim/sim_order.h"

#include <algorithm>

namespace sim {

using supervisor::DependencyKind;
using supervisor::ServiceState;
using supervisor::ServiceType;

OrderBooks::OrderBooks(const std::vector<supervisor::ServiceRules>& services)
    : services_(services), states_(services.size(), ServiceState::kStopped) {
  for (ServiceId from = 0; from < services.size(); ++from) {
    for (const supervisor::DependencyRule& rule : services[from].dependencies) {
      const auto to = std::ranges::find(services, rule.on, &supervisor::ServiceRules::name);
      edges_.push_back({from, static_cast<ServiceId>(to - services.begin()), rule.kind});
    }
  }
}

/// It will not come up by itself and at once: what requires it cannot start.
bool OrderBooks::is_down(ServiceId service) const {
  const ServiceState state = states_[service];
  if (services_[service].schedule && !supervisor::is_at_rest(state)) {
    return false;
  }
  return state == ServiceState::kStopped || state == ServiceState::kFailed ||
         state == ServiceState::kBackoff ||
         (state == ServiceState::kWaiting && std::ranges::any_of(edges_, [&](const Edge& edge) {
            return edge.from == service && edge.kind == DependencyKind::kRequires &&
                   is_down(edge.to);
          }));
}

std::optional<std::string> OrderBooks::find_obstacle(ServiceId service) const {
  for (const Edge& edge : edges_) {
    if (edge.from != service) {
      continue;
    }
    const ServiceState state = states_[edge.to];
    const bool goes_by_schedule = services_[edge.to].schedule && !supervisor::is_at_rest(state) &&
                                  state != ServiceState::kStopping;
    const bool is_ready =
        goes_by_schedule || state == ServiceState::kDone ||
        (state == ServiceState::kRunning && services_[edge.to].type == ServiceType::kDaemon);
    const bool may_pass = edge.kind != DependencyKind::kRequires && is_down(edge.to);
    if (!is_ready && !may_pass) {
      return services_[edge.to].name;
    }
  }
  return std::nullopt;
}

bool OrderBooks::lacks_what_it_requires(ServiceId service) const {
  return std::ranges::any_of(edges_, [&](const Edge& edge) {
    const ServiceState state = states_[edge.to];
    return edge.from == service && edge.kind == DependencyKind::kRequires &&
           (state == ServiceState::kStopped || state == ServiceState::kFailed);
  });
}

bool OrderBooks::any_dependent(ServiceId service, const std::function<bool(const Edge&)>& follows,
                               const std::function<bool(ServiceId)>& holds) const {
  return std::ranges::any_of(edges_, [&](const Edge& edge) {
    return edge.to == service && follows(edge) &&
           (holds(edge.from) || any_dependent(edge.from, follows, holds));
  });
}

bool OrderBooks::has_dependent_that_is_up(ServiceId service) const {
  return any_dependent(
      service, [](const Edge&) { return true; },
      [&](ServiceId id) { return !supervisor::is_at_rest(states_[id]); });
}

bool OrderBooks::has_dependent_that_stops(ServiceId service) const {
  return any_dependent(
      service, [](const Edge&) { return true; },
      [&](ServiceId id) { return states_[id] == ServiceState::kStopping; });
}

bool OrderBooks::has_primary_that_requires(ServiceId service) const {
  return any_dependent(
      service,
      [&](const Edge& edge) {
        const bool stays = edge.to != service && services_[edge.to].schedule &&
                           states_[edge.to] == ServiceState::kWaiting;
        return edge.kind == DependencyKind::kRequires && !stays;
      },
      [&](ServiceId id) {
        return services_[id].primary && !supervisor::is_at_rest(states_[id]) &&
               states_[id] != ServiceState::kWaiting;
      });
}

std::vector<bool> OrderBooks::related_to(ServiceId service) const {
  std::vector<bool> below(states_.size(), false);
  std::vector<bool> above(states_.size(), false);
  below[service] = above[service] = true;
  for (std::size_t round = 0; round < states_.size(); ++round) {
    for (const Edge& edge : edges_) {
      below[edge.to] = below[edge.to] || below[edge.from];
      above[edge.from] = above[edge.from] || above[edge.to];
    }
  }
  for (ServiceId id = 0; id < states_.size(); ++id) {
    below[id] = below[id] || above[id];
  }
  return below;
}

}  // namespace sim
