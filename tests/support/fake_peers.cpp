#include "tests/support/fake_peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "base/check.h"

namespace support {

namespace {

/// False: the end.
bool wait_readable(int fd, int stop) {
  std::array<pollfd, 2> polls{
      {{.fd = fd, .events = POLLIN, .revents = 0}, {.fd = stop, .events = POLLIN, .revents = 0}}};
  ::poll(polls.data(), polls.size(), -1);
  return polls[1].revents == 0;
}

}  // namespace

bool FakePeer::wait() const {
  return socket_.valid() && wait_readable(socket_.get(), stop_);
}

bool FakePeer::read(std::size_t bytes, std::string& out) {
  std::array<char, 65'536> part{};
  while (input_.size() < bytes) {
    if (!wait()) {
      return false;
    }
    const ssize_t count = ::recv(socket_.get(), part.data(), part.size(), 0);
    if (count <= 0) {
      return false;
    }
    input_.append(part.data(), static_cast<std::size_t>(count));
  }
  out = input_.substr(0, bytes);
  input_.erase(0, bytes);
  return true;
}

void FakePeer::write(std::string_view bytes) {
  while (!bytes.empty() && socket_.valid()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void FakePeer::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  socket_.reset();
}

void FakePeer::hang() {
  std::string ignored;
  while (read(1, ignored)) {
  }
}

FakePeers::FakePeers(Serve serve, std::uint16_t port)
    : serve_(std::move(serve)),
      port_(port),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.sin_port = ::htons(port_);
  socklen_t size = sizeof(address);
  ASSERT(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  ASSERT(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ASSERT(::listen(listener_.get(), 64) == 0);
  port_ = ::ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

FakePeers::~FakePeers() {
  stop();
}

void FakePeers::stop() {
  if (!thread_.joinable()) {
    return;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof(one));
  thread_.join();
  for (std::thread& connection : connections_) {
    connection.join();
  }
  listener_.reset();
}

void FakePeers::run() {
  for (int connection = 0; wait_readable(listener_.get(), stop_.get()); ++connection) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    connections_.emplace_back([this, fd, connection] {
      FakePeer peer(fd, stop_.get());
      serve_(peer, connection);
    });
  }
}

}  // namespace support
