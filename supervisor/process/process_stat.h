// What /proc says of one process, as far as it tells who belongs to whom.
//
// A process may end at any moment, and its number become another's: `pid` and `start_ticks`
// together name one process. Threads: any. Reading /proc/PID/stat waits for nobody.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace supervisor {

struct ProcessStat {
  static constexpr std::size_t kAncestorsMax = 256;

  pid_t pid = 0;
  char state = '?';  // Z: it has ended, and nobody has asked how
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  std::uint64_t start_ticks = 0;  // since the machine's boot

  [[nodiscard]] bool is_alive() const { return state != 'Z' && state != 'X'; }
};

/// nullopt: there is no such process (or no /proc).
[[nodiscard]] std::optional<ProcessStat> read_process_stat(pid_t pid);

/// Whether `ancestor` is a parent of `pid`, or a parent of that, ...
[[nodiscard]] bool descends_from(pid_t pid, pid_t ancestor);

/// All that /proc lists. Not for PID 1: there may be thousands.
[[nodiscard]] std::vector<ProcessStat> list_processes();

}  // namespace supervisor
