// What a service's `listen` names, read from its text: a numeric address and a port, or a path.
//
//     tcp://0.0.0.0:80   tcp://[::1]:80   udp://127.0.0.1:514   unix:/run/app/app.sock
//
// A host is a number: PID 1 opens these sockets and asks no DNS. Pure. Threads: any.
#pragma once

#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace supervisor {

struct ListenLimits {
  static constexpr std::size_t kAddressesMax = 64;  // of one service
  static constexpr int kFirstFd = 3;                // SD_LISTEN_FDS_START
  static constexpr std::uint32_t kStoredFdsMax = 256;
};

enum class ListenKind : std::uint8_t { kTcp, kUdp, kUnix };

struct ListenAddress {
  ListenKind kind = ListenKind::kTcp;
  int family = 0;          // AF_INET, AF_INET6 or AF_UNIX
  std::string host;        // as the kernel writes it, without brackets; of kUnix empty
  std::uint16_t port = 0;  // of kUnix 0
  std::string path;        // of kUnix; absolute

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// kInvalid with a message to be put behind "cannot use ...: ".
[[nodiscard]] base::Result<ListenAddress> parse_listen_address(std::string_view text);

/// One spelling of each address: "tcp://[::1]:80" however the zeros were written.
[[nodiscard]] std::string format_listen_address(const ListenAddress& address);

/// Its name in LISTEN_FDNAMES: "tcp-80", "udp-514", "app.sock". IPv4 and IPv6 of one port share it.
[[nodiscard]] std::string listen_name(const ListenAddress& address);

struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;
    sockaddr_un unix_path;
  };
  socklen_t bytes = 0;
};
[[nodiscard]] SocketAddress make_socket_address(const ListenAddress& address);

}  // namespace supervisor
