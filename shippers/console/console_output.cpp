#include "shippers/console/console_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#include "base/crash_point.h"
#include "shippers/console/console_format.h"

namespace shippers {

namespace {

std::string_view next_chunk(std::string_view bytes) {
  if (bytes.size() <= ConsoleLimits::kBatchBytes) {
    return bytes;
  }
  const std::size_t newline = bytes.rfind('\n', ConsoleLimits::kBatchBytes - 1);
  return bytes.substr(0,
                      newline == std::string_view::npos ? ConsoleLimits::kBatchBytes : newline + 1);
}

bool is_writable(int fd, int timeout_ms) {
  pollfd poll_fd{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&poll_fd, 1, timeout_ms) > 0;
}

}  // namespace

base::Result<void> ConsoleOutput::open() {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) {
    return base::fail_errno(fmt::format("cannot write to {}", name_));
  }
  own_.reset();
  pipe_ = S_ISFIFO(status.st_mode);
  if (S_ISREG(status.st_mode)) {
    mode_ = Mode::kFile;
  } else if (S_ISSOCK(status.st_mode)) {
    mode_ = Mode::kSocket;
  } else {
    const std::string path = fmt::format("/proc/self/fd/{}", fd_);
    own_ = base::Fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    mode_ = own_.valid() ? Mode::kNonBlocking : Mode::kPolled;
  }
  return {};
}

ssize_t ConsoleOutput::call_write(std::string_view chunk) const {
  switch (mode_) {
    case Mode::kSocket:
      return ::send(fd_, chunk.data(), chunk.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    case Mode::kPolled:
      if (!is_writable(fd_, 0)) {
        errno = EAGAIN;
        return -1;
      }
      return ::write(fd_, chunk.data(), chunk.size());
    case Mode::kNonBlocking:
    case Mode::kFile:
      return ::write(descriptor(), chunk.data(), chunk.size());
    case Mode::kClosed:
      break;
  }
  errno = EBADF;
  return -1;
}

base::Result<std::size_t> ConsoleOutput::write_chunk(std::string_view chunk) {
  for (;;) {
    const ssize_t count = call_write(chunk);
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return 0;
    }
    if (errno != EINTR) {
      const auto error = base::fail_errno(fmt::format("cannot write to {}", name_));
      mode_ = Mode::kClosed;
      return error;
    }
  }
}

base::Result<std::size_t> ConsoleOutput::write_some(std::string_view bytes, const OpenLine& after) {
  ASSERT(!bytes.empty());
  if (mode_ == Mode::kClosed) {
    TRY(open());
  }
  const std::string_view chunk = next_chunk(bytes);
  OpenLine then = chunk.size() == bytes.size() ? after : OpenLine{};
  if (chunk.size() < bytes.size() && chunk.back() != '\n') {
    then.state = LineState::kUnknown;
  }
  const OpenLine before = record_.open;
  const bool lines = before.state == LineState::kNone && then.state == LineState::kNone;
  if (!pipe_ || !lines) {
    record_.open.state = LineState::kUnknown;
    base::crash_point("console.marked");
  }
  const auto count = write_chunk(chunk);
  base::crash_point("console.wrote");
  if (!count || *count == 0) {
    record_.open = before;
  } else if (*count == chunk.size()) {
    record_.open = then;
  } else {
    record_.open =
        OpenLine{.state = chunk[*count - 1] == '\n' ? LineState::kNone : LineState::kUnknown};
  }
  return count;
}

void ConsoleOutput::wait_writable(int timeout_ms) const {
  (void)is_writable(descriptor(), timeout_ms);
}

}  // namespace shippers
