// The end of a birl that is not process 1: nothing that it started, or adopted as a subreaper,
// stays behind. (When process 1 ends, the kernel does this for the whole container.) Threads: the
// only one.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace supervisor {

/// The children of this process, as the kernel lists them; nullopt: it does not (a configuration
/// without CONFIG_PROC_CHILDREN, no /proc).
[[nodiscard]] std::optional<std::vector<pid_t>> list_children();

/// KILLs every child, and those that become children because their parents were killed, until none
/// is left or the deadline (monotonic) has passed. SIGCHLD must be blocked. Returns how many were
/// killed.
std::size_t kill_leftovers(std::uint64_t deadline_ns);

}  // namespace supervisor
