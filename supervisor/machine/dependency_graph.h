// Which service comes before which: `after`, `wants` and `requires` as a graph over the fleet.
//
// An edge points from a service to what it depends on. The three kinds are one order (all of them
// wait, and all of them stop in reverse) and differ in what else they do:
//   after     the order only
//   wants     also starts the other
//   requires  also needs it: see fleet_machine.h
// A graph has no cycle: the configuration's check refuses them (find_cycles), and an edge that
// would close one is left out here, since PID 1 must not depend on somebody else's care.
// Pure; built once. Threads: immutable after construction. Owner: FleetMachine.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace supervisor {

using ServiceId = std::uint32_t;  // index in the fleet

enum class DependencyKind : std::uint8_t { kAfter, kWants, kRequires };  // weakest first

struct Dependency {
  ServiceId on = 0;
  DependencyKind kind = DependencyKind::kAfter;

  friend bool operator==(const Dependency&, const Dependency&) = default;
};

/// For each service the ones that it depends on.
using DependencyLists = std::vector<std::vector<Dependency>>;

/// Services in a circle: each depends on the following one, the last on the first.
using DependencyCycle = std::vector<ServiceId>;

/// Cycles that share no service, enough of them that a graph without one has none at all.
[[nodiscard]] std::vector<DependencyCycle> find_cycles(const DependencyLists& lists);

class DependencyGraph {
 public:
  /// Of several edges between the same two services the strongest counts.
  explicit DependencyGraph(DependencyLists lists);

  [[nodiscard]] std::span<const Dependency> dependencies(ServiceId service) const {
    return dependencies_[service];
  }
  /// Each service after all that it depends on.
  [[nodiscard]] const std::vector<ServiceId>& order() const { return order_; }
  [[nodiscard]] bool empty() const { return empty_; }  // no edge at all

  /// `service` and all that it wants or requires, those of these, ...; in order.
  [[nodiscard]] std::vector<ServiceId> started_with(ServiceId service) const;
  /// All that require `service`, those that require these, ...; in order, without itself.
  [[nodiscard]] std::vector<ServiceId> stopped_with(ServiceId service) const;
  /// Whether `holds` for a service that depends on `service`, at first or at second hand.
  [[nodiscard]] bool any_dependent(ServiceId service,
                                   const std::function<bool(ServiceId)>& holds) const;

 private:
  [[nodiscard]] std::vector<ServiceId> in_order(const std::vector<bool>& chosen) const;

  DependencyLists dependencies_;
  DependencyLists dependents_;  // the same edges, turned round
  std::vector<ServiceId> order_;
  bool empty_ = true;
};

}  // namespace supervisor
