// What a process uses now, from /proc. A best effort for `birl status`: absent when the process is
// gone or /proc is not ours to read.
// Threads: any.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace supervisor {

struct ProcessUsage {
  std::uint64_t memory_bytes = 0;  // resident
  double cpu_s = 0;                // user and system, its reaped children not included
};

[[nodiscard]] std::optional<ProcessUsage> read_process_usage(pid_t pid);

}  // namespace supervisor
