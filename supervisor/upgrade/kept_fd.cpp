#include "supervisor/upgrade/kept_fd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

namespace supervisor {

using base::Result;

void set_on_exec(const std::vector<int>& fds, OnExec what) {
  for (const int fd : fds) {
    ::fcntl(fd, F_SETFD, what == OnExec::kClose ? FD_CLOEXEC : 0);
  }
}

Result<ArrivingFds> ArrivingFds::take_in(const std::vector<int>& numbers) {
  set_on_exec(numbers, OnExec::kClose);
  ArrivingFds arriving;
  for (const int number : numbers) {
    const bool is_open = ::fcntl(number, F_GETFD) >= 0;
    if (!is_open || number <= STDERR_FILENO || arriving.fds_.contains(number)) {
      return base::fail(base::ErrorCode::kDamaged,
                        fmt::format("cannot take over descriptor {}: {}", number,
                                    is_open ? "it is somebody else's" : "it is not open"));
    }
    arriving.fds_.emplace(number, base::Fd(number));
  }
  return arriving;
}

Result<base::Fd> ArrivingFds::take(KeptFd fd) {
  if (fd.number < 0) {
    return base::Fd();
  }
  const auto found = fds_.find(fd.number);
  if (found == fds_.end()) {
    return base::fail(base::ErrorCode::kDamaged,
                      fmt::format("cannot take over descriptor {}: it did not come", fd.number));
  }
  base::Fd taken = std::move(found->second);
  fds_.erase(found);
  return taken;
}

}  // namespace supervisor
