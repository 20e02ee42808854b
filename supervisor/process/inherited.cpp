#include "supervisor/process/inherited.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

namespace supervisor {

namespace {

constexpr int kFirstOtherFd = 3;

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// For kernels and seccomp filters without close_range.
base::Result<void> walk_proc_self_fd() {
  const std::unique_ptr<DIR, DirectoryCloser> directory(::opendir("/proc/self/fd"));
  if (directory == nullptr) {
    return base::fail_errno("cannot list /proc/self/fd");
  }
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::optional<std::uint64_t> fd = base::parse_decimal(entry->d_name);
    if (fd && *fd >= kFirstOtherFd) {
      ::fcntl(static_cast<int>(*fd), F_SETFD, FD_CLOEXEC);
    }
  }
  return {};
}

}  // namespace

base::Result<rlimit> raise_open_files(rlim_t wanted) {
  rlimit before{};
  if (::getrlimit(RLIMIT_NOFILE, &before) != 0) {
    return base::fail_errno("cannot read the limit of open files");
  }
  const rlimit raised{.rlim_cur = std::max(before.rlim_cur, std::min(wanted, before.rlim_max)),
                      .rlim_max = before.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) {
    return base::fail_errno(
        fmt::format("cannot raise the limit of open files to {}", raised.rlim_cur));
  }
  return before;
}

base::Result<void> close_on_exec_from_3() {
  if (::syscall(SYS_close_range, kFirstOtherFd, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
    return {};
  }
  return walk_proc_self_fd();
}

}  // namespace supervisor
