// `birl test` and `birl check --line`: lines through the configuration's own pipelines.
//
// The records come from the same code that the router runs (logging/pipeline). Of birl-config's
// process alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supervisor/config/config.h"

namespace supervisor {

struct TestOutcome {
  std::string name;
  std::string failure;  // empty: it passed
};

/// Runs the [[test]] tables, in order. The configuration is valid.
[[nodiscard]] std::vector<TestOutcome> run_tests(const Config& config);

/// The way of one line: what its service's pipelines make of it, and then for each sink whether it
/// gets there and as what. kNotFound: no such service.
[[nodiscard]] base::Result<std::string> trace_line(const Config& config, const std::string& service,
                                                   std::string_view text);

}  // namespace supervisor
