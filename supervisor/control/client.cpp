#include "supervisor/control/client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "base/unix_socket.h"
#include "supervisor/control/protocol.h"
#include "supervisor/control/reply.h"

namespace supervisor {

namespace {

constexpr std::size_t kReplyBytesMax = std::size_t{16} << 20U;

base::Result<void> set_receive_timeout(int socket, std::uint64_t timeout_ms) {
  const timeval limit{.tv_sec = static_cast<time_t>(timeout_ms / 1000),
                      .tv_usec = static_cast<suseconds_t>(timeout_ms % 1000 * 1000)};
  if (::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0) {
    return base::fail_errno("cannot limit the time to wait for an answer");
  }
  return {};
}

/// The server may answer and close before it has read everything: a failed send is no error yet.
void send_request(int socket, std::string_view line) {
  while (!line.empty()) {
    const ssize_t sent = ::send(socket, line.data(), line.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) {
      return;
    }
    line.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
  }
}

base::Result<Reply> receive_reply(int socket, std::uint64_t timeout_ms) {
  Reply reply;
  for (;;) {
    auto message = base::receive_message(socket);
    if (!message) {
      // The end of the answer; a reset means that the server did not want to read all we sent.
      if (message.error().code == base::ErrorCode::kUnavailable) {
        return reply;
      }
      return tl::unexpected(std::move(message).error());
    }
    if (!*message) {
      return base::fail(base::ErrorCode::kTimeout,
                        fmt::format("cannot get an answer within {}: birl does not react",
                                    base::format_duration(timeout_ms * base::kNsPerMs)));
    }
    reply.text.append(reinterpret_cast<const char*>((*message)->bytes.data()),
                      (*message)->bytes.size());
    std::ranges::move((*message)->fds, std::back_inserter(reply.fds));
    if (reply.text.size() > kReplyBytesMax) {
      return base::fail(base::ErrorCode::kLimit, "cannot read the answer: it is too long");
    }
  }
}

}  // namespace

base::Result<base::Fd> Client::connect() const {
  auto socket = base::connect_unix(socket_path_);
  if (socket) {
    return socket;
  }
  const base::Error& error = socket.error();
  if (error.sys_errno == ENOENT || error.sys_errno == ECONNREFUSED || error.sys_errno == ENOTDIR) {
    return base::fail(base::ErrorCode::kNotFound,
                      fmt::format("cannot find a running birl at {}: start one with `birl run`, or "
                                  "name its socket with --socket",
                                  socket_path_));
  }
  if (error.code == base::ErrorCode::kPermission) {
    return base::fail(
        base::ErrorCode::kPermission,
        fmt::format("{}; use it as root or as the user that birl runs as", error.message));
  }
  return socket;
}

base::Result<Reply> Client::ask(std::span<const std::string> words,
                                std::uint64_t timeout_ms) const {
  TRY_ASSIGN(const base::Fd socket, connect());
  TRY(set_receive_timeout(socket.get(), timeout_ms));
  send_request(socket.get(), make_request_line(words));
  TRY_ASSIGN(Reply reply, receive_reply(socket.get(), timeout_ms));
  TRY(check_reply(reply.text));
  return reply;
}

base::Result<base::Fd> Client::begin(std::span<const std::string> words) const {
  TRY_ASSIGN(base::Fd socket, connect());
  send_request(socket.get(), make_request_line(words));
  return socket;
}

base::Fd Client::watch_instance() const {
  const auto socket = connect();
  if (!socket) {
    return {};
  }
  const auto peer = base::peer_credentials(socket->get());
  if (!peer || peer->pid <= 0) {
    return {};
  }
  return base::Fd(static_cast<int>(::syscall(SYS_pidfd_open, peer->pid, 0)));
}

bool Client::is_listening() const {
  return connect().has_value();
}

}  // namespace supervisor
