// The verbs about logs and where they go, as the command line reads them: a part of
// command_line.cpp.
//
// Threads: the only one.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "supervisor/control/commands.h"

namespace supervisor {

/// rotate, tap, spool and logs, in the order of the help. What they read goes into `options`, which
/// outlives `app`.
void add_log_verbs(CLI::App& app, CommandOptions& options);

/// What `birl spool` can do.
[[nodiscard]] const std::vector<std::string>& spool_actions();

}  // namespace supervisor
