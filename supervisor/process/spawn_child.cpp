#include "supervisor/process/spawn_child.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>

#include "supervisor/process/raw_syscall.h"

namespace supervisor {

namespace {

constexpr int kSignalCount = 64;
constexpr std::size_t kSignalSetBytes = 8;  // the kernel's, not libc's
constexpr int kFirstOtherFd = 3;

/// The kernel's struct sigaction, all zero: SIG_DFL. (libc's has another layout.)
struct KernelSigaction {
  unsigned long handler = 0;
  unsigned long flags = 0;
  unsigned long restorer = 0;
  unsigned long mask = 0;
};

[[noreturn]] void exit_child(int code) {
  for (;;) {
    raw_syscall(SYS_exit_group, code);
  }
}

void write_report(const ChildPlan& plan, const SpawnReport& report) {
  raw_syscall(SYS_write, plan.report_fd, &report, sizeof(report));
}

[[noreturn]] void fail_start(const ChildPlan& plan, SpawnStep step, long error,
                             std::size_t candidate = 0) {
  write_report(plan, {.step = step,
                      .sys_errno = static_cast<std::int32_t>(error),
                      .candidate = static_cast<std::int32_t>(candidate),
                      .fatal = 1});
  const bool not_found = step >= SpawnStep::kExec && (error == ENOENT || error == ENOTDIR);
  exit_child(not_found ? kExitNotFound : kExitNotExecutable);
}

void require(const ChildPlan& plan, SpawnStep step, long result) {
  if (result < 0) {
    fail_start(plan, step, -result);
  }
}

/// A right that birl may lack: told, and gone on without, unless identity is strict.
void try_right(const ChildPlan& plan, SpawnStep step, long result) {
  if (result >= 0) {
    return;
  }
  if (plan.strict_identity || (result != -EPERM && result != -EACCES)) {
    fail_start(plan, step, -result);
  }
  write_report(plan, {.step = step, .sys_errno = static_cast<std::int32_t>(-result)});
}

void reset_signals() {
  const KernelSigaction default_action;
  for (int signal = 1; signal <= kSignalCount; ++signal) {
    raw_syscall(SYS_rt_sigaction, signal, &default_action, 0L, kSignalSetBytes);
  }
  const unsigned long empty = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &empty, 0L, kSignalSetBytes);
}

void set_identity(const ChildPlan& plan) {
  if (!plan.set_identity) {
    return;
  }
  try_right(plan, SpawnStep::kGroups, raw_syscall(SYS_setgroups, plan.group_count, plan.groups));
  try_right(plan, SpawnStep::kGroup, raw_syscall(SYS_setresgid, plan.gid, plan.gid, plan.gid));
  try_right(plan, SpawnStep::kUser, raw_syscall(SYS_setresuid, plan.uid, plan.uid, plan.uid));
}

/// Before the ids change, for a directory that only root may enter; after it, for one that root may
/// not (NFS with root_squash).
void enter_directory_and_identity(const ChildPlan& plan) {
  const long entered = plan.directory == nullptr ? 0 : raw_syscall(SYS_chdir, plan.directory);
  if (entered < 0 && entered != -EACCES) {
    fail_start(plan, SpawnStep::kDirectory, -entered);
  }
  if (plan.umask != nullptr) {
    raw_syscall(SYS_umask, *plan.umask);
  }
  if (plan.nice != nullptr) {
    try_right(plan, SpawnStep::kNice, raw_syscall(SYS_setpriority, PRIO_PROCESS, 0, *plan.nice));
  }
  set_identity(plan);
  if (entered < 0) {
    require(plan, SpawnStep::kDirectory, raw_syscall(SYS_chdir, plan.directory));
  }
}

void place_descriptors(const ChildPlan& plan) {
  // All of ours are close-on-exec anyway; where the call is missing that has to do.
  raw_syscall(SYS_close_range, kFirstOtherFd, ~0U, CLOSE_RANGE_CLOEXEC);
  for (std::size_t i = 0; i < plan.placement_count; ++i) {
    const ChildPlacement& placement = plan.placements[i];
    const long result = placement.source == placement.target
                            ? raw_syscall(SYS_fcntl, placement.source, F_SETFD, 0)
                            : raw_syscall(SYS_dup3, placement.source, placement.target, 0);
    require(plan, SpawnStep::kDescriptor, result);
  }
  if (plan.controlling_terminal) {
    try_right(plan, SpawnStep::kTerminal, raw_syscall(SYS_ioctl, 0, TIOCSCTTY, 0));
  }
  if (plan.open_files != nullptr) {
    try_right(plan, SpawnStep::kOpenFiles,
              raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, plan.open_files, 0L));
  }
}

bool exists(const char* path) {
  return raw_syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
}

bool is_directory(const char* path) {
  return raw_syscall(SYS_openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC) >= 0;
}

/// execve, and for a file without #! a shell, as execvp does. Returns only with a failure.
SpawnReport execute(const ChildPlan& plan, std::size_t index) {
  const char* path = plan.candidates[index];
  const long error = -raw_syscall(SYS_execve, path, plan.argv, plan.envp);
  SpawnReport report{.sys_errno = static_cast<std::int32_t>(error),
                     .candidate = static_cast<std::int32_t>(index),
                     .fatal = 1};
  if (error == ENOEXEC) {
    plan.shell_argv[1] = path;
    report.step = SpawnStep::kShell;
    report.sys_errno = static_cast<std::int32_t>(
        -raw_syscall(SYS_execve, plan.shell_argv[0], plan.shell_argv, plan.envp));
  } else if (error == ENOENT && exists(path)) {
    report.step = SpawnStep::kInterpreter;
  } else if (error == EACCES && is_directory(path)) {
    report.sys_errno = EISDIR;
  }
  return report;
}

bool search_goes_on(const SpawnReport& report) {
  switch (report.sys_errno) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case EISDIR:
    case ESTALE:
    case ENODEV:
    case ETIMEDOUT:
      return report.step != SpawnStep::kShell;
    default:
      return false;
  }
}

/// The error worth telling is that of the first file that was there at all.
[[noreturn]] void execute_candidates(const ChildPlan& plan) {
  SpawnReport told{.sys_errno = ENOENT, .fatal = 1};
  for (std::size_t i = 0; i < plan.candidate_count; ++i) {
    const SpawnReport report = execute(plan, i);
    const bool nothing_told = told.sys_errno == ENOENT && told.step == SpawnStep::kExec;
    if (!search_goes_on(report) || nothing_told) {
      told = report;
    }
    if (!search_goes_on(report)) {
      break;
    }
  }
  fail_start(plan, told.step, told.sys_errno, static_cast<std::size_t>(told.candidate));
}

}  // namespace

void run_child(const ChildPlan& plan) noexcept {
  raw_syscall(SYS_setsid);  // cannot fail: a new process leads no group
  reset_signals();
  enter_directory_and_identity(plan);
  place_descriptors(plan);
  if (plan.executable_fd >= 0) {
    raw_syscall(SYS_execveat, plan.executable_fd, "", plan.argv, plan.envp, AT_EMPTY_PATH);
    // Forbidden or unknown: the same file by its path in /proc, below.
  }
  execute_candidates(plan);
}

}  // namespace supervisor
