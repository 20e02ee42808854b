// The child's half of a start: from clone to exec on the parent's memory.
//
// Everything here is plain data that the parent prepared and does not touch again; the only words
// that the child writes are on its stack and ChildPlan::shell_argv[1]. The code may call nothing:
// its object file has no undefined symbol, which a test checks (a call through the PLT would run
// the dynamic linker in memory that the parent runs in too).
// Threads: none: it runs beside the parent's.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace supervisor {

enum class SpawnStep : std::int32_t {
  kDirectory,
  kNice,
  kGroups,
  kGroup,
  kUser,
  kDescriptor,
  kTerminal,
  kOpenFiles,
  kExec,
  kInterpreter,  // the file is there, what its first line (or its ELF header) names is not
  kShell,        // it has no #!, and /bin/sh cannot be executed
};

/// One record in the report pipe; smaller than PIPE_BUF, so a write of it is whole.
struct SpawnReport {
  SpawnStep step = SpawnStep::kExec;
  std::int32_t sys_errno = 0;
  std::int32_t candidate = 0;  // kExec and after: the index of the path
  std::int32_t fatal = 0;      // 0: a note, the child goes on
};

struct ChildPlacement {
  int source = -1;  // no target of another placement
  int target = -1;
};

struct ChildPlan {
  int report_fd = -1;  // close-on-exec, no target
  const char* const* argv = nullptr;
  const char* const* envp = nullptr;
  const char* const* candidates = nullptr;  // paths to try in turn; with executable_fd its
  std::size_t candidate_count = 0;          // /proc/self/fd path
  const char** shell_argv = nullptr;        // {"/bin/sh", free, arguments...}
  int executable_fd = -1;
  const ChildPlacement* placements = nullptr;
  std::size_t placement_count = 0;
  const char* directory = nullptr;
  const rlimit* open_files = nullptr;
  const mode_t* umask = nullptr;
  const int* nice = nullptr;
  const gid_t* groups = nullptr;
  std::size_t group_count = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  bool set_identity = false;
  bool strict_identity = false;
  bool controlling_terminal = false;
};

inline constexpr int kExitNotFound = 127;
inline constexpr int kExitNotExecutable = 126;

[[noreturn]] void run_child(const ChildPlan& plan) noexcept;

}  // namespace supervisor
