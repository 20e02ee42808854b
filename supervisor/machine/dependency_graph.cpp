#include "supervisor/machine/dependency_graph.h"

#include <algorithm>

namespace supervisor {
namespace {

/// A walk in depth: leaves services in order, and notices the edges that go back to where it came
/// from. Its stack is explicit, so that a long chain needs no stack of ours.
class Walk {
 public:
  explicit Walk(const DependencyLists& lists)
      : lists_(lists), marks_(lists.size(), Mark::kNew), next_(lists.size(), 0) {}

  void run() {
    for (ServiceId service = 0; service < lists_.size(); ++service) {
      if (marks_[service] == Mark::kNew) {
        enter(service);
      }
      while (!path_.empty()) {
        advance();
      }
    }
  }

  std::vector<ServiceId> order;
  std::vector<DependencyCycle> cycles;
  std::vector<std::pair<ServiceId, ServiceId>> closing_edges;  // one that closes each cycle

 private:
  enum class Mark : std::uint8_t { kNew, kOnPath, kLeft };

  void enter(ServiceId service) {
    marks_[service] = Mark::kOnPath;
    path_.push_back(service);
  }

  void advance() {
    const ServiceId service = path_.back();
    if (next_[service] == lists_[service].size()) {
      marks_[service] = Mark::kLeft;
      order.push_back(service);
      path_.pop_back();
      return;
    }
    const ServiceId on = lists_[service][next_[service]++].on;
    if (marks_[on] == Mark::kNew) {
      enter(on);
    } else if (marks_[on] == Mark::kOnPath) {
      cycles.emplace_back(std::ranges::find(path_, on), path_.end());
      closing_edges.emplace_back(service, on);
    }
  }

  const DependencyLists& lists_;
  std::vector<Mark> marks_;
  std::vector<std::size_t> next_;  // edge to look at
  std::vector<ServiceId> path_;
};

void merge_edges(std::vector<Dependency>& edges) {
  std::ranges::sort(edges, [](const Dependency& a, const Dependency& b) {
    return a.on != b.on ? a.on < b.on : a.kind > b.kind;
  });
  const auto rest = std::ranges::unique(edges, {}, &Dependency::on);
  edges.erase(rest.begin(), rest.end());
}

}  // namespace

std::vector<DependencyCycle> find_cycles(const DependencyLists& lists) {
  Walk walk(lists);
  walk.run();
  std::vector<DependencyCycle> apart;
  std::vector<bool> told(lists.size(), false);
  for (DependencyCycle& cycle : walk.cycles) {
    if (std::ranges::none_of(cycle, [&](ServiceId service) { return told[service]; })) {
      for (const ServiceId service : cycle) {
        told[service] = true;
      }
      apart.push_back(std::move(cycle));
    }
  }
  return apart;
}

DependencyGraph::DependencyGraph(DependencyLists lists)
    : dependencies_(std::move(lists)), dependents_(dependencies_.size()) {
  Walk walk(dependencies_);
  walk.run();
  for (const auto& [service, on] : walk.closing_edges) {
    std::erase_if(dependencies_[service],
                  [on = on](const Dependency& edge) { return edge.on == on; });
  }
  order_ = std::move(walk.order);
  for (ServiceId service = 0; service < dependencies_.size(); ++service) {
    merge_edges(dependencies_[service]);
    for (const Dependency& edge : dependencies_[service]) {
      dependents_[edge.on].push_back({service, edge.kind});
      empty_ = false;
    }
  }
}

std::vector<ServiceId> DependencyGraph::in_order(const std::vector<bool>& chosen) const {
  std::vector<ServiceId> services;
  std::ranges::copy_if(order_, std::back_inserter(services),
                       [&](ServiceId service) { return chosen[service]; });
  return services;
}

std::vector<ServiceId> DependencyGraph::started_with(ServiceId service) const {
  std::vector<bool> chosen(order_.size(), false);
  chosen[service] = true;
  for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
    for (const Dependency& edge : dependencies_[*at]) {
      chosen[edge.on] = chosen[edge.on] || (chosen[*at] && edge.kind != DependencyKind::kAfter);
    }
  }
  return in_order(chosen);
}

std::vector<ServiceId> DependencyGraph::stopped_with(ServiceId service) const {
  std::vector<bool> chosen(order_.size(), false);
  chosen[service] = true;
  for (const ServiceId at : order_) {
    for (const Dependency& edge : dependencies_[at]) {
      chosen[at] = chosen[at] || (chosen[edge.on] && edge.kind == DependencyKind::kRequires);
    }
  }
  chosen[service] = false;
  return in_order(chosen);
}

bool DependencyGraph::any_dependent(ServiceId service,
                                    const std::function<bool(ServiceId)>& holds) const {
  std::vector<bool> seen(order_.size(), false);
  std::vector<ServiceId> to_visit{service};
  while (!to_visit.empty()) {
    const ServiceId at = to_visit.back();
    to_visit.pop_back();
    for (const Dependency& edge : dependents_[at]) {
      if (seen[edge.on]) {
        continue;
      }
      if (holds(edge.on)) {
        return true;
      }
      seen[edge.on] = true;
      to_visit.push_back(edge.on);
    }
  }
  return false;
}

}  // namespace supervisor
