// The order of services as the books see it: states as they were reported, edges as they are in the
// scenario, and plain recursion over both. The fleet has another way to each of these answers.
// Threads: one. Owner: Checker.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/machine/fleet_machine.h"

namespace sim {

class OrderBooks {
 public:
  using ServiceId = supervisor::ServiceId;

  explicit OrderBooks(const std::vector<supervisor::ServiceRules>& services);

  void on_state_changed(ServiceId service, supervisor::ServiceState state) {
    states_[service] = state;
  }
  [[nodiscard]] supervisor::ServiceState state(ServiceId service) const { return states_[service]; }

  /// Why it may not start now; nullopt: it may.
  [[nodiscard]] std::optional<std::string> find_obstacle(ServiceId service) const;
  /// Something that it requires, also at second hand, is stopped or has failed for good.
  [[nodiscard]] bool lacks_what_it_requires(ServiceId service) const;
  [[nodiscard]] bool has_dependent_that_is_up(ServiceId service) const;
  [[nodiscard]] bool has_dependent_that_stops(ServiceId service) const;
  [[nodiscard]] bool has_primary_that_requires(ServiceId service) const;
  /// All that the operator may touch with one: joined to it by edges in one direction.
  [[nodiscard]] std::vector<bool> related_to(ServiceId service) const;

 private:
  struct Edge {
    ServiceId from;
    ServiceId to;
    supervisor::DependencyKind kind;
  };

  [[nodiscard]] bool is_down(ServiceId service) const;
  [[nodiscard]] bool any_dependent(ServiceId service,
                                   const std::function<bool(const Edge&)>& follows,
                                   const std::function<bool(ServiceId)>& holds) const;

  const std::vector<supervisor::ServiceRules>& services_;
  std::vector<Edge> edges_;
  std::vector<supervisor::ServiceState> states_;
};

}  // namespace sim
