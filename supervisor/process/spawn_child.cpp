#include "supervisor/process/spawn_child.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/prctl.h>
#include <signal.h>

#include "supervisor/process/raw_syscall.h"

namespace supervisor {

namespace {

constexpr int kSignalCount = 64;
constexpr std::size_t kSignalSetBytes = 8;  // the kernel's, not libc's
constexpr int kFirstOtherFd = 3;
constexpr unsigned kCapabilityBits = 64;

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
                             std::size_t index = 0) {
  write_report(plan, {.step = step,
                      .sys_errno = static_cast<std::int32_t>(error),
                      .index = static_cast<std::int32_t>(index),
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
void try_right(const ChildPlan& plan, SpawnStep step, long result, std::size_t index = 0) {
  if (result >= 0) {
    return;
  }
  if (plan.strict_identity || (result != -EPERM && result != -EACCES && result != -EROFS)) {
    fail_start(plan, step, -result, index);
  }
  write_report(plan, {.step = step,
                      .sys_errno = static_cast<std::int32_t>(-result),
                      .index = static_cast<std::int32_t>(index)});
}

/// While all signals are blocked: a background process that takes the terminal is sent TTOU.
void enter_session(const ChildPlan& plan) {
  if (plan.terminal != ChildTerminal::kForegroundGroup) {
    raw_syscall(SYS_setsid);  // cannot fail: a new process leads no group
    return;
  }
  raw_syscall(SYS_setpgid, 0, 0);
  const auto group = static_cast<pid_t>(raw_syscall(SYS_getpid));
  try_right(plan, SpawnStep::kTerminal, raw_syscall(SYS_ioctl, 0, TIOCSPGRP, &group));
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
  if (plan.ambient_capabilities != 0) {
    raw_syscall(SYS_prctl, PR_SET_KEEPCAPS, 1L);  // permitted outlives the change of the user
  }
  try_right(plan, SpawnStep::kGroups, raw_syscall(SYS_setgroups, plan.group_count, plan.groups));
  try_right(plan, SpawnStep::kGroup, raw_syscall(SYS_setresgid, plan.gid, plan.gid, plan.gid));
  try_right(plan, SpawnStep::kUser, raw_syscall(SYS_setresuid, plan.uid, plan.uid, plan.uid));
}

/// While still root: what leaves the bounding set comes back by no exec.
void drop_bounding_set(const ChildPlan& plan) {
  for (unsigned capability = 0; capability < kCapabilityBits; ++capability) {
    const bool kept = ((plan.keep_capabilities >> capability) & 1U) != 0;
    const long held = kept ? 0 : raw_syscall(SYS_prctl, PR_CAPBSET_READ, capability);
    if (held < 0) {
      return;  // the kernel has no more
    }
    const long result = held == 0 ? 0 : raw_syscall(SYS_prctl, PR_CAPBSET_DROP, capability);
    try_right(plan, SpawnStep::kBoundingSet, result);
    if (result < 0) {
      return;  // told once is enough
    }
  }
}

/// What is kept, and the ambient set on top, which needs to be permitted and inheritable first.
void set_capabilities(const ChildPlan& plan) {
  if (plan.ambient_capabilities == 0 && plan.keep_capabilities == ~std::uint64_t{0}) {
    return;
  }
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3]{};
  require(plan, SpawnStep::kCapabilities, raw_syscall(SYS_capget, &header, &words[0]));
  for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; ++i) {
    const auto keep = static_cast<std::uint32_t>(plan.keep_capabilities >> (32U * i));
    const auto ambient = static_cast<std::uint32_t>(plan.ambient_capabilities >> (32U * i));
    words[i].permitted &= keep;
    words[i].effective &= keep;
    words[i].inheritable = (words[i].inheritable & keep) | (ambient & words[i].permitted);
  }
  try_right(plan, SpawnStep::kCapabilities, raw_syscall(SYS_capset, &header, &words[0]));
  for (unsigned capability = 0; capability < kCapabilityBits; ++capability) {
    if (((plan.ambient_capabilities >> capability) & 1U) != 0) {
      try_right(plan, SpawnStep::kAmbient,
                raw_syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability),
                capability);
    }
  }
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
  drop_bounding_set(plan);
  set_identity(plan);
  set_capabilities(plan);
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
  if (plan.terminal == ChildTerminal::kOwnSession) {
    try_right(plan, SpawnStep::kTerminal, raw_syscall(SYS_ioctl, 0, TIOCSCTTY, 0));
  }
}

/// As near to the wanted limit as birl's own hard limit allows.
long set_limit(const ChildLimit& wanted) {
  const long result = raw_syscall(SYS_prlimit64, 0, wanted.resource, &wanted.limit, 0L);
  if (result == -EPERM) {
    rlimit nearest{};
    raw_syscall(SYS_prlimit64, 0, wanted.resource, 0L, &nearest);
    nearest.rlim_cur = nearest.rlim_max;
    raw_syscall(SYS_prlimit64, 0, wanted.resource, &nearest, 0L);
  }
  return result;
}

/// Before the ids change: higher limits are root's to set.
void set_limits(const ChildPlan& plan) {
  if (plan.open_files != nullptr) {
    try_right(plan, SpawnStep::kOpenFiles,
              raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, plan.open_files, 0L));
  }
  for (std::size_t i = 0; i < plan.limit_count; ++i) {
    try_right(plan, SpawnStep::kLimit, set_limit(plan.limits[i]), i);
  }
}

/// Only in a forked child (spawn.h).
void set_oom_score(const ChildPlan& plan) {
  if (plan.oom_score == nullptr) {
    return;
  }
  long result = raw_syscall(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (result >= 0) {
    const long fd = result;
    result = raw_syscall(SYS_write, fd, plan.oom_score, plan.oom_score_bytes);
    raw_syscall(SYS_close, fd);
  }
  try_right(plan, SpawnStep::kOomScore, result);
}

/// Without zeros in front: sd_listen_fds() would read those as octal.
void write_own_pid(const ChildPlan& plan) {
  if (plan.own_pid == nullptr) {
    return;
  }
  char reversed[kPidDigits];
  std::size_t count = 0;
  for (long rest = raw_syscall(SYS_getpid); rest > 0 && count < kPidDigits; rest /= 10) {
    reversed[count++] = static_cast<char>('0' + rest % 10);
  }
  for (std::size_t i = 0; i < count; ++i) {
    plan.own_pid[i] = reversed[count - 1 - i];
  }
  plan.own_pid[count] = '\0';
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
                     .index = static_cast<std::int32_t>(index),
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
  fail_start(plan, told.step, told.sys_errno, static_cast<std::size_t>(told.index));
}

}  // namespace

void run_child(const ChildPlan& plan) noexcept {
  enter_session(plan);
  reset_signals();
  place_descriptors(plan);
  set_oom_score(plan);
  set_limits(plan);
  enter_directory_and_identity(plan);
  if (plan.no_new_privileges) {
    require(plan, SpawnStep::kNoNewPrivileges,
            raw_syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
  }
  write_own_pid(plan);
  if (plan.executable_fd >= 0) {
    raw_syscall(SYS_execveat, plan.executable_fd, "", plan.argv, plan.envp, AT_EMPTY_PATH);
    // Forbidden or unknown: the same file by its path in /proc, below.
  }
  execute_candidates(plan);
}

}  // namespace supervisor
