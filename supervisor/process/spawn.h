// Starts processes without PID 1 ever waiting for one: clone(CLONE_VM | SIGCHLD), no CLONE_VFORK.
//
// fork would copy PID 1's page tables for every start, vfork and posix_spawn stop PID 1 until the
// exec is through (for ever, if the binary lies on a dead mount). Here the child shares our memory
// and runs beside us on a stack of its own until it execs. What that asks for, and where it is
// kept:
//   - Until then the child uses raw system calls only (spawn_child.h): no malloc, no locks, and not
//     even errno, which is the parent's.
//   - All it needs lies in one block that nobody changes. The block and the stack are freed only
//     when the close-on-exec report pipe is at EOF: the child has exec'ed or is dead. The kernel
//     lets go of the memory before it closes descriptors in both cases.
//   - All signals are blocked around the clone, and the child unblocks after resetting every
//     disposition: no handler of ours ever runs in the child.
//   - A child that changes its user makes the *shared* memory undumpable: that is what keeps its
//     new user's processes from ptracing into PID 1. It is undone (else /proc/1/fd closes for
//     everybody without CAP_SYS_PTRACE) when no such child is left before its exec.
//   - /proc/self/oom_score_adj is set for all who share memory: a start that asks for it forks.
// Under sanitizers, and on machines without raw_syscall.h, the same child code runs behind fork.
//
// Order in the child: own session (or the terminal's foreground group), dispositions, mask,
// descriptors, terminal, oom_score_adj, limits, directory, umask, nice, bounding set, groups and
// ids, capabilities, no_new_privs, exec. A process without a slash in its name is looked for in the
// PATH of its own environment, by the child (a dead mount in PATH must not stop PID 1). Threads:
// the loop's thread only. Owner: one Spawner, in main; it must outlive its Spawnings.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace supervisor {

struct SpawnLimits {
  static constexpr std::size_t kPlacementsMax = 512;
  static constexpr std::size_t kAbandonedMax = 64;   // starts given up on that still hang
  static constexpr std::size_t kIdleStacksMax = 4;   // kept for the next start
  static constexpr std::size_t kStackBytes = 32768;  // plus a guard page below
};

/// The child sees the parent's `source` as `target`. Any overlap of the numbers is fine; the
/// targets are distinct.
struct FdPlacement {
  int source = -1;
  int target = -1;
};

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups{};
};

/// How the child gets the terminal that is its descriptor 0.
enum class TerminalMode : std::uint8_t {
  kNone,
  kOwnSession,       // the terminal has no session: it becomes the controlling one of the child's
  kForegroundGroup,  // it is that of birl's session: the child stays in it, as foreground group
};

/// `resource` is RLIMIT_...; soft and hard become `value`.
struct ResourceSetting {
  int resource = 0;
  std::uint64_t value = 0;
};

/// Sets of Linux capabilities as bits: 1 << CAP_....
struct CapabilitySets {
  std::optional<std::uint64_t> keep{};  // all others leave the bounding set; unset: none does
  std::uint64_t ambient = 0;            // kept, and active whoever the user is
};

struct SpawnRequest {
  std::string name{};                      // for messages: "cannot start NAME: ..."
  std::vector<std::string> argv{};         // at least one
  int executable = -1;                     // >= 0: execute this descriptor (a binary, not a script,
                                           // since a script could not open it again), not argv[0]
  std::vector<std::string> environment{};  // NAME=value
  std::string own_pid_variable{};          // a variable more: its value is the process's pid
  std::vector<FdPlacement> fds{};  // 0-2 that are not named stay the parent's; others are closed
  std::string directory{};         // empty: the parent's
  std::optional<mode_t> umask{};
  std::optional<int> nice{};
  std::optional<Identity> identity{};
  std::vector<ResourceSetting> limits{};
  std::optional<int> oom_score_adjust{};
  CapabilitySets capabilities{};
  bool no_new_privileges = false;
  bool strict_identity = false;  // a missing right is then a failed start, not a note
  TerminalMode terminal = TerminalMode::kNone;
  int cgroup = -1;  // of version 2, a directory: where the child begins, unless that is forbidden
};

struct SpawnOutcome {
  bool started = false;  // exec succeeded (or the child was killed before it; see its status)
  int exit_code = 0;     // of a failed start: 127 not found, 126 anything else
  base::Error error{};   // of a failed start: "cannot start nginx: /usr/sbin/nginx: no such file"
  std::vector<std::string> notes{};  // rights that birl lacks: "cannot set the user to 33: ..."
};

class Spawner;

/// A start under way. Poll report_fd() for readability, then try_finish(). The pid is a child from
/// the first moment on: it has to be reaped whatever the outcome is, and may be reaped before the
/// outcome was read (try_finish() then has it at once).
/// A start that hangs: kill pid() and drop the Spawning; the Spawner frees the rest when it can.
class Spawning {
 public:
  Spawning(Spawning&&) noexcept;
  Spawning& operator=(Spawning&&) noexcept;
  ~Spawning();

  [[nodiscard]] pid_t pid() const;
  [[nodiscard]] int report_fd() const;
  [[nodiscard]] std::optional<SpawnOutcome> try_finish();  // never blocks; ASSERTs a second success

 private:
  friend class Spawner;
  struct Child;
  Spawning(Spawner& spawner, std::unique_ptr<Child> child);

  Spawner* spawner_;
  std::unique_ptr<Child> child_;
};

class Spawner {
 public:
  /// `open_files`: the RLIMIT_NOFILE that children get back (inherited.h); unset: left alone.
  explicit Spawner(std::optional<rlimit> open_files);
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  /// Starts a child; the descriptors in the request may be closed right after. Fails only for want
  /// of a process, memory or descriptors, or when too many abandoned starts hang.
  [[nodiscard]] base::Result<Spawning> begin(const SpawnRequest& request);

  [[nodiscard]] std::size_t abandoned_count() const;

 private:
  friend class Spawning;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace supervisor
