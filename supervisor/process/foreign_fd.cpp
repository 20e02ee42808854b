#include "supervisor/process/foreign_fd.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/stat.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace supervisor {

namespace {

/// Of what the kernel knows by itself: no file system is asked. statx(2) is a call that some C
/// libraries have no function for.
struct LocalStat {
  bool known = false;
  mode_t mode = 0;
  unsigned long inode = 0;
};

LocalStat stat_locally(int fd) {
  struct statx status {};
  const bool known = ::syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
                               STATX_TYPE | STATX_INO, &status) == 0;
  return {.known = known, .mode = status.stx_mode, .inode = status.stx_ino};
}

}  // namespace

ForeignKind foreign_kind(int fd) {
  const LocalStat status = stat_locally(fd);
  if (!status.known) {
    return ForeignKind::kOther;
  }
  if (S_ISFIFO(status.mode)) {
    return ForeignKind::kPipe;
  }
  if (S_ISSOCK(status.mode)) {
    return ForeignKind::kSocket;
  }
  return (status.mode & S_IFMT) == 0 ? ForeignKind::kAnonymous : ForeignKind::kOther;
}

bool is_same_description(int one, int other) {
  const long self = ::getpid();
  const long order = ::syscall(SYS_kcmp, self, self, KCMP_FILE, one, other);
  if (order >= 0) {
    return order == 0;
  }
  const LocalStat of_one = stat_locally(one);
  const LocalStat of_other = stat_locally(other);
  return of_one.known && of_other.known && S_ISSOCK(of_one.mode) && S_ISSOCK(of_other.mode) &&
         of_one.inode == of_other.inode;
}

base::Result<pid_t> close_in_child(std::vector<base::Fd>& fds) {
  std::vector<int> numbers;
  numbers.reserve(fds.size());
  for (const base::Fd& fd : fds) {
    numbers.push_back(fd.get());
  }
  const long pid = ::syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0L, 0L, 0L, 0L);
  if (pid < 0) {
    return base::fail_errno("cannot create a process");
  }
  if (pid == 0) {
    for (const int number : numbers) {
      ::close(number);
    }
    ::_exit(0);
  }
  for (base::Fd& fd : fds) {
    static_cast<void>(fd.release());
  }
  fds.clear();
  return static_cast<pid_t>(pid);
}

}  // namespace supervisor
