// Looking at processes through /proc: parents, zombies, descriptors, pids across namespaces.
//
// Every answer may be stale when it is given; tests look again until it is what they wait for.
// Threads: any.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace support {

struct ProcessInfo {
  pid_t pid = 0;        // in our namespace
  pid_t inner_pid = 0;  // in its own
  pid_t parent = 0;     // in our namespace
  char state = '?';     // as in /proc/PID/stat: Z is a zombie
};

[[nodiscard]] std::optional<ProcessInfo> find_process(pid_t pid);
[[nodiscard]] std::vector<ProcessInfo> all_processes();

/// Everything below `root` in the tree, without itself.
[[nodiscard]] std::vector<ProcessInfo> descendants(pid_t root);
[[nodiscard]] std::size_t count_zombies(const std::vector<ProcessInfo>& processes);
[[nodiscard]] std::size_t count_descriptors(pid_t pid);

/// Alive and no zombie.
[[nodiscard]] bool is_running(pid_t pid);

}  // namespace support
