#include "base/unix_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace base {

namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(UnixSocketLimits::kMessageFdsMax * sizeof(int));

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return fail(ErrorCode::kInvalid, fmt::format("cannot use socket path {}: longer than {} bytes",
                                                 path, sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// sendmsg and connect take a pointer to the general type.
const sockaddr* general(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void take_fds(msghdr& header, std::vector<Fd>& fds) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = next_part(header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t index = 0; index < count; ++index) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + index * sizeof(int), sizeof(int));
      fds.emplace_back(fd);
    }
  }
}

/// socklen_t in musl, size_t in glibc.
template <typename Length>
void set_length(Length& field, std::size_t length) {
  field = static_cast<Length>(length);
}

}  // namespace

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
cmsghdr* next_part(msghdr& header, cmsghdr* part) {
  return CMSG_NXTHDR(&header, part);
}
#pragma GCC diagnostic pop

void put_rights(msghdr& header, std::span<char> control, std::span<const int> fds) {
  ASSERT(control.size() >= CMSG_SPACE(fds.size_bytes()));
  header.msg_control = control.data();
  set_length(header.msg_controllen, CMSG_SPACE(fds.size_bytes()));
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  set_length(rights->cmsg_len, CMSG_LEN(fds.size_bytes()));
  std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
}

Result<SocketPair> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail_errno("cannot make a socket pair");
  }
  return SocketPair{.first = Fd(ends[0]), .second = Fd(ends[1])};
}

Result<void> send_message(int socket, std::span<const std::byte> bytes, std::span<const int> fds) {
  ASSERT(bytes.size() <= UnixSocketLimits::kMessageBytesMax);
  ASSERT(fds.size() <= UnixSocketLimits::kMessageFdsMax);
  iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    put_rights(header, control, fds);
  }
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) {
    return {};
  }
  if (errno == EAGAIN || errno == ETOOMANYREFS) {
    return fail(ErrorCode::kLimit, "cannot send a message now: the peer has not read yet");
  }
  return fail_errno("cannot send a message");
}

Result<std::optional<Message>> receive_message(int socket) {
  // Left as it is: clearing 64 KiB for each small message was most of what receiving one cost.
  std::array<std::byte, UnixSocketLimits::kMessageBytesMax> buffer;
  iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t received = -1;
  do {
    received = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) {
    if (errno == EAGAIN) {
      return std::nullopt;
    }
    return fail_errno("cannot receive a message");
  }
  Message message;
  take_fds(header, message.fds);
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return fail(ErrorCode::kDamaged, "cannot receive a message: it is larger than the limit");
  }
  if (received == 0 && message.fds.empty()) {
    return fail(ErrorCode::kUnavailable, "the peer closed the connection");
  }
  message.bytes.assign(buffer.begin(), buffer.begin() + received);
  return message;
}

Result<Fd> listen_unix(const std::string& path, mode_t mode) {
  TRY_ASSIGN(const sockaddr_un address, address_of(path));
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) {
    return fail_errno("cannot make a socket");
  }
  ::unlink(path.c_str());
  // The mode on the descriptor is what bind gives the file (minus umask), so no window is open.
  ::fchmod(socket.get(), mode);
  if (::bind(socket.get(), general(address), sizeof(address)) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(socket.get(), 128) != 0) {
    return fail_errno(fmt::format("cannot listen on {}", path));
  }
  return socket;
}

Result<Fd> connect_unix(const std::string& path) {
  TRY_ASSIGN(const sockaddr_un address, address_of(path));
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid() || ::connect(socket.get(), general(address), sizeof(address)) != 0) {
    return fail_errno(fmt::format("cannot connect to {}", path));
  }
  return socket;
}

Result<PeerCredentials> peer_credentials(int socket) {
  ucred credentials{};
  socklen_t bytes = sizeof(credentials);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) != 0) {
    return fail_errno("cannot read the peer's credentials");
  }
  return PeerCredentials{.pid = credentials.pid, .uid = credentials.uid, .gid = credentials.gid};
}

}  // namespace base
