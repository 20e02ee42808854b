// `birl healthy`: what a report says about the health of the instance. Pure. Threads: any.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "supervisor/control/request.h"
#include "supervisor/control/status_json.h"

namespace supervisor {

struct HealthProblem {
  std::string service;
  std::string reason;

  friend bool operator==(const HealthProblem&, const HealthProblem&) = default;
};

/// Without a problem the instance is healthy. kReady: every service of `names` (none: every one
/// that starts at boot) is ready and not unhealthy. kLive: no primary is failed or unhealthy.
/// kNotFound: a name that does not exist.
[[nodiscard]] base::Result<std::vector<HealthProblem>> find_health_problems(
    const StatusReport& report, std::span<const std::string> names, HealthScope scope);

[[nodiscard]] std::string make_health_json(std::span<const HealthProblem> problems);

/// "cannot find service wbe (did you mean web?)"; kNotFound.
[[nodiscard]] base::Unexpected no_such_service(const std::string& name,
                                               std::span<const std::string> known);

}  // namespace supervisor
