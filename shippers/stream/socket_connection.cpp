#include "shippers/stream/socket_connection.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace shippers {

namespace {

base::Unexpected refuse_errno(std::string_view what) {
  auto error = base::fail_errno(what);
  if (error.value().code != base::ErrorCode::kPermission) {
    error.value().code = base::ErrorCode::kUnavailable;
  }
  return error;
}

base::Result<base::Fd> connect_unix(const sockaddr_un& address, int type) {
  base::Fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) {
    return refuse_errno("no socket");
  }
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), name, sizeof(address)) != 0) {
    return refuse_errno("connect");
  }
  return socket;
}

struct AddressesDeleter {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

}  // namespace

base::Result<std::unique_ptr<SocketConnection>> SocketConnection::open_udp(
    const base::Endpoint& endpoint) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_DGRAM;
  wanted.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int problem =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wanted, &found);
  const std::unique_ptr<addrinfo, AddressesDeleter> addresses(found);
  if (problem != 0) {
    return base::fail(base::ErrorCode::kUnavailable, ::gai_strerror(problem));
  }
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    base::Fd socket(::socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket.valid() && ::connect(socket.get(), address->ai_addr, address->ai_addrlen) == 0) {
      return std::unique_ptr<SocketConnection>(new SocketConnection(std::move(socket), true));
    }
  }
  return refuse_errno("connect");
}

base::Result<std::unique_ptr<SocketConnection>> SocketConnection::open_unix(
    const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return base::fail(base::ErrorCode::kPermission, "the path is too long for a socket");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  auto datagrams = connect_unix(address, SOCK_DGRAM);
  if (datagrams) {
    return std::unique_ptr<SocketConnection>(new SocketConnection(std::move(*datagrams), true));
  }
  if (datagrams.error().sys_errno != EPROTOTYPE) {
    return tl::unexpected(datagrams.error());
  }
  TRY_ASSIGN(base::Fd stream, connect_unix(address, SOCK_STREAM));
  return std::unique_ptr<SocketConnection>(new SocketConnection(std::move(stream), false));
}

base::Result<std::size_t> SocketConnection::write(std::string_view bytes) {
  const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) {
    return static_cast<std::size_t>(count);
  }
  if (errno == EAGAIN || errno == EINTR) {
    return 0;
  }
  if (errno == EMSGSIZE) {
    return base::fail(base::ErrorCode::kLimit, "cannot send: the datagram is too large");
  }
  return base::fail_errno("cannot send");
}

base::Result<Connection::Received> SocketConnection::read(std::span<char> into) {
  const ssize_t count = ::recv(socket_.get(), into.data(), into.size(), 0);
  if (count >= 0) {
    return Received{.bytes = static_cast<std::size_t>(count), .ended = count == 0};
  }
  if (errno == EAGAIN || errno == EINTR) {
    return Received{};
  }
  return refuse_errno("cannot receive");
}

void SocketConnection::finish() {
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace shippers
