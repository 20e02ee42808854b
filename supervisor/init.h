// The way into PID 1: what `birl run` does once its arguments are read.
//
// The command line knows nothing of services; it fills RunOptions and calls run_init, which returns
// the exit code of the process. Threads: the only one.
#pragma once

#include <string>
#include <vector>

namespace supervisor {

struct RunOptions {
  std::vector<std::string> config_paths;  // -c; empty: the standard places
  std::vector<std::string> command;       // CMD; empty: none
  bool hold = false;                      // start only CMD
};

/// Runs until the instance has ended. 2: the configuration cannot be used.
[[nodiscard]] int run_init(const RunOptions& options);

/// In a process that a birl has exec'ed for a live upgrade: goes on where that one was. `state_fd`
/// is the state (upgrade/upgrade_file.h). What cannot be taken over is last_resort's: the services
/// run on.
[[nodiscard]] int resume_init(int state_fd);

}  // namespace supervisor
