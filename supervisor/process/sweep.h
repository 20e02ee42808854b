// Finds and kills what has escaped from a service that was stopped: processes that left its group
// by setsid or a double fork. Needs no cgroup; where the service has one, who lives in it comes
// first.
//
// Of all descendants of birl, those that it started for other purposes aside with theirs, a process
// is the service's when, in this order,
//   - it is in the service's session or group, or was seen below its main process while that lived,
//   - its environment has the service's marker (BIRL_SERVICE and BIRL_SOCKET),
//   - one of the service's log pipes is among its descriptors,
//   - it descends from such a one.
// Root in a container lacks CAP_SYS_PTRACE, hence the second and third are read as birl's user and
// as the service's. A daemon that has changed its user by itself can be read by neither: where the
// first does not tell, it is an orphan (a child of birl that is nobody's), which is told only.
// Killed by pidfd, after a second look at its start time; once more until none is found.
// All of it reads /proc: in a helper child, never in PID 1. Threads: the child's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/process/spawn.h"

namespace supervisor {

struct SweepLimits {
  static constexpr std::size_t kToldMax = 64;  // of each list
  static constexpr std::size_t kCommandBytes = 80;
  static constexpr std::size_t kEnvironmentBytes = 4U << 20U;
};

/// One process, also when its number is another's later.
struct ProcessKey {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;

  template <typename V>
  void visit(V& v) {
    v.field("pid", pid);
    v.field("start_ticks", start_ticks);
  }
  friend bool operator==(const ProcessKey&, const ProcessKey&) = default;
};

struct SweepRequest {
  pid_t init = 0;                      // birl
  std::vector<pid_t> leaders{};        // of the service's sessions and groups
  std::vector<ProcessKey> seen{};      // below its main process
  std::vector<pid_t> known{};          // what birl started for others
  std::vector<std::string> marker{};   // entries of the environment, all of them
  std::vector<std::uint64_t> pipes{};  // inodes
  std::optional<Identity> identity{};  // the service's, where it is not birl's
  std::string cgroup{};                // the service's directory; empty: it has none
};

struct SweptProcess {
  pid_t pid = 0;
  std::string command;

  template <typename V>
  void visit(V& v) {
    v.field("pid", pid);
    v.field("command", command);
  }
  friend bool operator==(const SweptProcess&, const SweptProcess&) = default;
};

struct SweepReport {
  std::vector<SweptProcess> killed;
  std::vector<SweptProcess> orphans;

  template <typename V>
  void visit(V& v) {
    v.field("killed", killed);
    v.field("orphans", orphans);
  }
};

/// Until none is left, at most until `deadline_ns` (monotonic).
[[nodiscard]] SweepReport sweep(const SweepRequest& request, std::uint64_t deadline_ns);

struct ProcessKeys {
  std::vector<ProcessKey> keys;

  template <typename V>
  void visit(V& v) {
    v.field("keys", keys);
  }
};
/// All that descend from one of `roots`.
[[nodiscard]] ProcessKeys find_descendants(const std::vector<pid_t>& roots);

}  // namespace supervisor
