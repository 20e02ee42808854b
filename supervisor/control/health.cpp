#include "supervisor/control/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json_writer.h"
#include "base/text.h"

namespace supervisor {

namespace {

std::string describe(const ServiceStatus& service) {
  return service.reason.empty() ? fmt::format("it is {}", service.state)
                                : fmt::format("it is {}: {}", service.state, service.reason);
}

std::optional<std::string> find_problem(const ServiceStatus& service, HealthScope scope) {
  if (!service.healthy) {
    return service.reason.empty() ? "its health check fails" : service.reason;
  }
  const bool well = scope == HealthScope::kLive ? service.state != "failed"
                                                : service.ready || service.state == "done";
  return well ? std::nullopt : std::optional(describe(service));
}

base::Result<void> check_names(const StatusReport& report, std::span<const std::string> names) {
  std::vector<std::string> known;
  for (const ServiceStatus& service : report.services) {
    known.push_back(service.name);
  }
  for (const std::string& name : names) {
    if (std::ranges::find(known, name) == known.end()) {
      return no_such_service(name, known);
    }
  }
  return {};
}

}  // namespace

base::Result<std::vector<HealthProblem>> find_health_problems(const StatusReport& report,
                                                              std::span<const std::string> names,
                                                              HealthScope scope) {
  TRY(check_names(report, names));
  std::vector<HealthProblem> problems;
  for (const ServiceStatus& service : report.services) {
    const bool named = std::ranges::find(names, service.name) != names.end();
    const bool by_default = scope == HealthScope::kLive ? service.primary : service.start_at_boot;
    if (names.empty() ? !by_default : !named) {
      continue;
    }
    if (auto reason = find_problem(service, scope)) {
      problems.push_back({.service = service.name, .reason = *std::move(reason)});
    }
  }
  return problems;
}

std::string make_health_json(std::span<const HealthProblem> problems) {
  base::JsonWriter json;
  json.begin_object();
  json.field("healthy", problems.empty());
  json.key("problems").begin_array();
  for (const HealthProblem& problem : problems) {
    json.begin_object();
    json.field("service", problem.service);
    json.field("reason", problem.reason);
    json.end_object();
  }
  json.end_array().end_object();
  return json.text();
}

base::Unexpected no_such_service(const std::string& name, std::span<const std::string> known) {
  const auto near = base::nearest(name, known);
  return base::fail(base::ErrorCode::kNotFound,
                    near ? fmt::format("cannot find service {} (did you mean {}?)", name, *near)
                         : fmt::format("cannot find service {}; `birl status` lists them", name));
}

}  // namespace supervisor
