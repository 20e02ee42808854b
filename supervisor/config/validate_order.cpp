// The order of services: every name exists, and somebody can be first.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"
#include "supervisor/config/node.h"
#include "supervisor/config/validate.h"
#include "supervisor/machine/dependency_graph.h"

namespace supervisor {
namespace {

/// One name in one list of one service.
struct Edge {
  std::string from;
  std::string to;
  std::string path;  // "service.web.requires[0]"
};

std::vector<Edge> list_edges(const Config& config) {
  std::vector<Edge> edges;
  for (const auto& [name, service] : config.services) {
    const std::array<std::pair<std::string_view, const std::vector<std::string>*>, 3> lists{
        {{"after", &service.after}, {"wants", &service.wants}, {"requires", &service.needs}}};
    for (const auto& [key, names] : lists) {
      for (std::size_t index = 0; index < names->size(); ++index) {
        const std::string path = fmt::format("{}.{}[{}]", join_key("service", name), key, index);
        edges.push_back({name, (*names)[index], path});
      }
    }
  }
  return edges;
}

std::string no_such_service(const Config& config, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, service] : config.services) {
    names.push_back(known);
  }
  const auto near = base::nearest(name, names);
  return fmt::format("there is no service \"{}\" ({})", name,
                     near ? fmt::format("did you mean {}?", *near)
                          : fmt::format("there are: {}", fmt::join(names, ", ")));
}

bool is_inherited(const Judge& judge, const Edge& edge) {
  return judge.place(edge.path).shown.starts_with("defaults.");
}

/// Whether the edge joins two services; tells when it does not. What all services inherit does not
/// hold for the service that it names.
bool check_edge(const Judge& judge, const Edge& edge) {
  if (judge.config().services.contains(edge.to)) {
    return edge.from != edge.to || !is_inherited(judge, edge);
  }
  const Origin* removed = judge.removed_at(join_key("service", edge.to));
  judge.refuse(edge.path, "use",
               removed != nullptr ? fmt::format("the service \"{}\" was removed at {}", edge.to,
                                                format_origin(*removed))
                                  : no_such_service(judge.config(), edge.to));
  return false;
}

void refuse_cycle(const Judge& judge, const std::vector<Edge>& edges,
                  const std::vector<std::string>& cycle) {
  std::string told;
  std::string first_path;
  for (std::size_t index = 0; index < cycle.size(); ++index) {
    const std::string& from = cycle[index];
    const std::string& to = cycle[(index + 1) % cycle.size()];
    const auto edge = std::ranges::find_if(
        edges, [&](const Edge& each) { return each.from == from && each.to == to; });
    told += fmt::format("{}{} waits for {} ({})", told.empty() ? "" : ", ", from, to,
                        format_origin(judge.place(edge->path).origin));
    first_path = index == 0 ? edge->path : first_path;
  }
  judge.refuse(first_path, "use",
               fmt::format("it closes a cycle, none could start first: {}", told));
}

}  // namespace

void validate_order(const Judge& judge) {
  const std::map<std::string, ServiceConfig>& services = judge.config().services;
  std::vector<Edge> edges = list_edges(judge.config());
  std::erase_if(edges, [&](const Edge& edge) { return !check_edge(judge, edge); });
  const auto id_of = [&](const std::string& name) {
    return static_cast<ServiceId>(std::distance(services.begin(), services.find(name)));
  };
  DependencyLists lists(services.size());
  for (const Edge& edge : edges) {
    lists[id_of(edge.from)].push_back({.on = id_of(edge.to)});
  }
  for (const DependencyCycle& cycle : find_cycles(lists)) {
    std::vector<std::string> names;
    for (const ServiceId id : cycle) {
      names.push_back(std::next(services.begin(), id)->first);
    }
    refuse_cycle(judge, edges, names);
  }
}

}  // namespace supervisor
