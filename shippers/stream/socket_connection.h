// UDP and Unix sockets, of which the kernel alone is needed. A Unix socket is tried as datagrams
// first, as libc's syslog() does, then as a stream.
#pragma once

#include "base/endpoint.h"
#include "base/fd.h"
#include "shippers/stream/connection.h"

namespace shippers {

class SocketConnection final : public Connection {
 public:
  /// Resolves the host's name: blocks as the resolver does.
  [[nodiscard]] static base::Result<std::unique_ptr<SocketConnection>> open_udp(
      const base::Endpoint& endpoint);
  [[nodiscard]] static base::Result<std::unique_ptr<SocketConnection>> open_unix(
      const std::string& path);

  [[nodiscard]] int fd() const override { return socket_.get(); }
  [[nodiscard]] bool is_datagram() const override { return is_datagram_; }
  [[nodiscard]] base::Result<std::size_t> write(std::string_view bytes) override;
  [[nodiscard]] base::Result<Received> read(std::span<char> into) override;
  void finish() override;

 private:
  SocketConnection(base::Fd socket, bool is_datagram)
      : socket_(std::move(socket)), is_datagram_(is_datagram) {}

  base::Fd socket_;
  bool is_datagram_;
};

}  // namespace shippers
