// Descriptors that a service gets at its start, told of by sd_listen_fds(3)'s variables: 3, 4, ...
// in their order, LISTEN_FDS how many, LISTEN_FDNAMES their names, LISTEN_PID whose they are.
// Pure. Threads: any.
#pragma once

#include <string>
#include <vector>

#include "supervisor/process/spawn.h"

namespace supervisor {

struct PassedFd {
  int fd = -1;       // borrowed, until the process is cloned
  std::string name;  // without a colon

  friend bool operator==(const PassedFd&, const PassedFd&) = default;
};

inline constexpr int kFirstPassedFd = 3;  // SD_LISTEN_FDS_START

/// Variables of these names that the environment has were meant for somebody else. Without
/// descriptors nothing is changed.
void pass_fds(const std::vector<PassedFd>& fds, SpawnRequest& request);

}  // namespace supervisor
