// Starting programs for tests: as an ordinary child, as PID 1 of a namespace, as another user, on a
// read-only root.
//
// The child is made by a plain clone, so that even PID 1 of a new namespace is our own child with
// an exact exit status. Owner: the caller reaps the pid. Threads: call from the only thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/fd.h"

namespace support {

/// The world a program runs in.
enum class World {
  kPlain,         // our own
  kPidNamespace,  // PID 1 with its own /proc and an empty, noexec tmpfs on /run
  kReadOnlyRoot,  // the same, and everything else on / is read-only
};

struct LaunchSpec {
  std::string program{};
  std::vector<std::string> argv{};         // with argv[0]
  std::vector<std::string> environment{};  // NAME=value
  std::string directory = "/";
  World world = World::kPlain;
  std::optional<uid_t> uid{};  // without supplementary groups; unset: ours
  int stdin_fd = -1;           // -1: /dev/null
  int stdout_fd = -1;
  int stderr_fd = -1;
};

/// How gtest and ctest print a World.
inline void PrintTo(World world, std::ostream* out) {
  *out << (world == World::kPlain          ? "subreaper"
           : world == World::kPidNamespace ? "PID 1"
                                           : "read-only root");
}

/// The child's pid in our namespace.
[[nodiscard]] pid_t launch(const LaunchSpec& spec);

/// Exit code, or -N when signal N ended it; nullopt when it still runs after `patience`.
[[nodiscard]] std::optional<int> wait_exit(pid_t pid, std::chrono::milliseconds patience);

/// The environment that tests give to programs: PATH and nothing of the machine's.
[[nodiscard]] std::vector<std::string> clean_environment();

/// Whether this machine lets us make the world (root); if not, the test is skipped.
[[nodiscard]] bool can_make(World world);

struct CommandResult {
  int code = -1;  // as from wait_exit; -1000 when it had to be killed
  std::string out;
  std::string err;
};

/// Runs a program to its end with `input` on stdin.
[[nodiscard]] CommandResult run_command(LaunchSpec spec, const std::string& input = "");

}  // namespace support
