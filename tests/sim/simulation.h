// One seed, from boot to the end of the container, with a verdict.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/sim_checker.h"

namespace sim {

struct Verdict {
  std::string failure;  // empty: all checks hold
  std::vector<std::string> trace;
  std::uint64_t happenings = 0;
  std::uint64_t restarts = 0;
  std::uint64_t upgrades = 0;  // of the birl around the fleet
  std::string trace_json;      // as `birl trace --json` would print it; with Tracing::kOn
};

[[nodiscard]] Verdict run_seed(std::uint64_t seed, Tracing tracing);

}  // namespace sim
