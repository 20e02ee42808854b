#include "supervisor/notify_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/unix_socket.h"
#include "supervisor/process/notification.h"

namespace supervisor {
namespace {

constexpr std::size_t kFdsInMessageMax = 253;  // the kernel's own limit
constexpr std::size_t kPendingMax = 4096;      // more than any queue holds

/// Of what came beside the bytes.
void take_part(cmsghdr* part, Datagram& datagram) {
  if (part->cmsg_level != SOL_SOCKET) {
    return;
  }
  if (part->cmsg_type == SCM_CREDENTIALS && part->cmsg_len >= CMSG_LEN(sizeof(ucred))) {
    ucred credentials{};
    std::memcpy(&credentials, CMSG_DATA(part), sizeof(credentials));
    datagram.sender = {.pid = credentials.pid, .uid = credentials.uid};
  } else if (part->cmsg_type == SCM_RIGHTS) {
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t index = 0; index < count; ++index) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + index * sizeof(int), sizeof(fd));
      datagram.fds.emplace_back(fd);
    }
  }
}

}  // namespace

NotifySocket::NotifySocket(base::Loop& loop, std::string path, Receive receive)
    : loop_(loop),
      path_(std::move(path)),
      receive_(std::move(receive)),
      pause_(loop, [this] { watch(); }) {}

NotifySocket::~NotifySocket() {
  if (!is_abstract()) {
    ::unlink(path_.c_str());
  }
}

base::Result<std::unique_ptr<NotifySocket>> NotifySocket::open(base::Loop& loop, std::string path,
                                                               Receive receive) {
  std::unique_ptr<NotifySocket> socket(new NotifySocket(loop, std::move(path), std::move(receive)));
  TRY(socket->bind());
  socket->watch();
  return socket;
}

std::unique_ptr<NotifySocket> NotifySocket::adopt(base::Loop& loop, std::string path, base::Fd fd,
                                                  Receive receive) {
  std::unique_ptr<NotifySocket> socket(new NotifySocket(loop, std::move(path), std::move(receive)));
  socket->fd_ = std::move(fd);
  socket->watch();
  return socket;
}

base::Result<void> NotifySocket::bind() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof(address.sun_path)) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("cannot listen at {}: the path is too long", path_));
  }
  std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  socklen_t bytes = sizeof(address);
  if (is_abstract()) {
    address.sun_path[0] = '\0';
    bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  } else {
    ::unlink(path_.c_str());
  }
  fd_ = base::Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!fd_.valid() || ::setsockopt(fd_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0 ||
      ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), bytes) != 0 ||
      (!is_abstract() && ::chmod(path_.c_str(), 0666) != 0)) {
    return base::fail_errno(fmt::format("cannot listen at {}", path_));
  }
  return {};
}

void NotifySocket::watch() {
  auto poll =
      base::Poll::open(loop_, fd_.get(), base::Poll::kReadable, [this](int) { on_readable(); });
  if (poll) {
    poll_.emplace(std::move(*poll));
  } else {
    pause_.start_once(kPauseMs);  // there is no memory: once more
  }
}

void NotifySocket::hold() {
  held_ = true;
  pause_.stop();
  poll_.reset();
}

void NotifySocket::go_on() {
  if (std::exchange(held_, false)) {
    watch();
  }
}

base::Fd NotifySocket::take() {
  hold();
  if (!is_abstract()) {
    ::unlink(path_.c_str());
  }
  return std::move(fd_);
}

void NotifySocket::on_readable() {
  for (std::size_t count = 0; count < kBurst; ++count) {
    if (held_ || !read_one(receive_)) {
      return;
    }
  }
  poll_.reset();
  pause_.start_once(kPauseMs);
}

void NotifySocket::read_pending() {
  for (std::size_t count = 0; count < kBurst && !held_ && read_one(receive_); ++count) {
  }
}

void NotifySocket::discard_pending(const Receive& receive) {
  for (std::size_t count = 0; count < kPendingMax && read_one(receive); ++count) {
  }
}

bool NotifySocket::read_one(const Receive& receive) {
  std::array<char, NotificationLimits::kBytesMax> bytes;
  alignas(cmsghdr)
      std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(kFdsInMessageMax * sizeof(int))>
          ancillary;
  iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = ancillary.data();
  message.msg_controllen = ancillary.size();
  const ssize_t count = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0) {
    return false;
  }
  Datagram datagram;
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr;
       control = base::next_part(message, control)) {
    take_part(control, datagram);
  }
  datagram.lost_fds = (message.msg_flags & MSG_CTRUNC) != 0;
  if ((message.msg_flags & MSG_TRUNC) == 0) {
    datagram.text = std::string_view(bytes.data(), static_cast<std::size_t>(count));
  }
  receive(std::move(datagram));
  return true;
}

}  // namespace supervisor
