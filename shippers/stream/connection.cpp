#include "shippers/stream/connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <fmt/format.h>

#include "shippers/stream/curl_connection.h"
#include "shippers/stream/socket_connection.h"

namespace shippers {

std::size_t unconfirmed_bytes(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

base::Result<std::unique_ptr<Connection>> dial(const DialOptions& options) {
  const auto named = [&](auto connection) -> base::Result<std::unique_ptr<Connection>> {
    if (!connection) {
      return base::with_context(
          fmt::format("cannot connect to {}", base::format_endpoint(options.endpoint)),
          connection.error());
    }
    return std::unique_ptr<Connection>(std::move(*connection));
  };
  switch (options.endpoint.kind) {
    case base::Endpoint::Kind::kUdp:
      return named(SocketConnection::open_udp(options.endpoint));
    case base::Endpoint::Kind::kUnix:
      return named(SocketConnection::open_unix(options.endpoint.path));
    case base::Endpoint::Kind::kTcp:
    case base::Endpoint::Kind::kTls:
      break;
  }
  return named(CurlConnection::open(options));
}

}  // namespace shippers
