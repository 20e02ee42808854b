#include "supervisor/process/helper_child.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

namespace supervisor {

namespace {

constexpr std::size_t kReadBytes = 16'384;
constexpr int kAnswerFd = 3;
constexpr int kDescriptorsMax = 65'536;  // looked at where close_range is missing

void close_from(int first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) != 0) {
    for (int fd = first; fd < kDescriptorsMax; ++fd) {
      ::close(fd);
    }
  }
}

void write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count <= 0 && errno != EINTR) {
      return;  // nobody wants the answer any more
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count > 0 ? count : 0));
  }
}

[[noreturn]] void run_helper(int answer_fd, int kept_fd, const HelperChild::Work& work) {
  const int kept = kept_fd < 0 ? -1 : ::fcntl(kept_fd, F_DUPFD, HelperChild::kKeptFd + 1);
  if (answer_fd != kAnswerFd) {
    ::dup2(answer_fd, kAnswerFd);
  }
  if (kept >= 0) {
    ::dup2(kept, HelperChild::kKeptFd);
  }
  close_from(kept >= 0 ? HelperChild::kKeptFd + 1 : kAnswerFd + 1);
  write_all(kAnswerFd, work());
  ::_exit(0);
}

}  // namespace

base::Result<HelperChild> HelperChild::start(const Work& work, int kept_fd) {
  TRY_ASSIGN(base::Pipe pipe, base::make_pipe());
  TRY(base::set_nonblocking(pipe.read.get(), true));
  const pid_t pid = ::fork();
  if (pid < 0) {
    return base::fail_errno("cannot create a process");
  }
  if (pid == 0) {
    run_helper(pipe.write.get(), kept_fd, work);
  }
  return HelperChild(pid, std::move(pipe.read));
}

std::optional<HelperChild::Answer> HelperChild::try_finish() {
  std::array<std::byte, kReadBytes> buffer{};
  for (;;) {
    const ssize_t count = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0 && errno == EAGAIN) {
      return std::nullopt;
    }
    if (count <= 0 || bytes_.size() > HelperLimits::kAnswerBytesMax) {
      break;
    }
    bytes_.insert(bytes_.end(), buffer.begin(), buffer.begin() + count);
  }
  if (bytes_.empty() || bytes_.size() > HelperLimits::kAnswerBytesMax) {
    return base::fail(base::ErrorCode::kUnavailable,
                      bytes_.empty() ? "its helper process died" : "its files are too large");
  }
  return std::move(bytes_);
}

}  // namespace supervisor
