// The child's half of a start: from clone to exec on the parent's memory.
//
// Everything here is plain data that the parent prepared and does not touch again; all that the
// child writes is on its stack, ChildPlan::shell_argv[1] and the digits at ChildPlan::own_pid. The
// code may call nothing: its object file has no undefined symbol, which a test checks (a call
// through the PLT would run the dynamic linker in memory that the parent runs in too). Threads:
// none: it runs beside the parent's.
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
  kLimit,
  kOomScore,
  kBoundingSet,
  kCapabilities,
  kAmbient,
  kNoNewPrivileges,
  kExec,
  kInterpreter,  // the file is there, what its first line (or its ELF header) names is not
  kShell,        // it has no #!, and /bin/sh cannot be executed
};

/// One record in the report pipe; smaller than PIPE_BUF, so a write of it is whole.
struct SpawnReport {
  SpawnStep step = SpawnStep::kExec;
  std::int32_t sys_errno = 0;
  std::int32_t index = 0;  // kExec and after: of the path; kLimit: of the limit; kAmbient: which
  std::int32_t fatal = 0;  // 0: a note, the child goes on
};

struct ChildPlacement {
  int source = -1;  // no target of another placement
  int target = -1;
};

enum class ChildTerminal : std::uint8_t { kNone, kOwnSession, kForegroundGroup };

struct ChildLimit {
  int resource = 0;
  rlimit limit{};
};

struct ChildPlan {
  int report_fd = -1;  // close-on-exec, no target
  const char* const* argv = nullptr;
  const char* const* envp = nullptr;
  const char* const* candidates = nullptr;  // paths to try in turn; with executable_fd its
  std::size_t candidate_count = 0;          // /proc/self/fd path
  char* own_pid = nullptr;                  // kPidDigits bytes and a zero; null: nobody asks
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
  const ChildLimit* limits = nullptr;
  std::size_t limit_count = 0;
  const char* oom_score = nullptr;  // the text to write; null: unchanged
  std::size_t oom_score_bytes = 0;
  std::uint64_t keep_capabilities = ~std::uint64_t{0};  // all bits: the bounding set stays
  std::uint64_t ambient_capabilities = 0;
  bool set_identity = false;
  bool strict_identity = false;
  bool no_new_privileges = false;
  ChildTerminal terminal = ChildTerminal::kNone;
};

inline constexpr std::size_t kPidDigits = 10;
inline constexpr int kExitNotFound = 127;
inline constexpr int kExitNotExecutable = 126;

[[noreturn]] void run_child(const ChildPlan& plan) noexcept;

}  // namespace supervisor
