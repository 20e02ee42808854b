#include "supervisor/process/reaper.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <cerrno>

#include "base/clock.h"

namespace supervisor {

namespace {

std::uint64_t to_ns(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * base::kNsPerSecond +
         static_cast<std::uint64_t>(time.tv_usec) * 1000;
}

}  // namespace

ReapResult reap_children(std::size_t children_max) {
  ReapResult result;
  while (result.children.size() < children_max) {
    int status = 0;
    rusage usage{};
    const pid_t pid = ::wait4(-1, &status, WNOHANG, &usage);
    if (pid < 0 && errno == EINTR) {
      continue;
    }
    if (pid <= 0) {
      return result;
    }
    const bool killed = WIFSIGNALED(status);
    result.children.push_back({.pid = pid,
                               .exit_code = killed ? 0 : WEXITSTATUS(status),
                               .signal = killed ? WTERMSIG(status) : 0,
                               .dumped_core = killed && WCOREDUMP(status),
                               .cpu_ns = to_ns(usage.ru_utime) + to_ns(usage.ru_stime)});
  }
  result.more = true;
  return result;
}

base::Result<void> become_subreaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    return base::fail_errno("cannot become the reaper of orphans");
  }
  return {};
}

}  // namespace supervisor
