// Reaps every child: services, helpers, and orphans that the kernel handed to us.
//
// Bounded per call, so that ten thousand zombies cannot keep the loop from hearing a TERM: when
// `more` comes back, call again on the next turn of the loop (a SIGCHLD for them may not come).
// Threads: the loop's thread only.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"

namespace supervisor {

struct ReapedChild {
  pid_t pid = 0;
  int exit_code = 0;  // meaningless when `signal` is set
  int signal = 0;     // that killed it; 0: it exited
  bool dumped_core = false;
  std::uint64_t cpu_ns = 0;  // user and system time, its own reaped children included

  /// What a shell and a container report: the exit code, or 128 + the signal.
  [[nodiscard]] int container_code() const { return signal != 0 ? 128 + signal : exit_code; }
};

inline constexpr std::size_t kReapedPerCallMax = 256;

struct ReapResult {
  std::vector<ReapedChild> children;  // in the order in which the kernel gives them
  bool more = false;
};

[[nodiscard]] ReapResult reap_children(std::size_t children_max = kReapedPerCallMax);

/// Makes orphans below us our children, as they are PID 1's. No effect for PID 1.
[[nodiscard]] base::Result<void> become_subreaper();

}  // namespace supervisor
