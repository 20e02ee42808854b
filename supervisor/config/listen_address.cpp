#include "supervisor/config/listen_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/endpoint.h"

namespace supervisor {
namespace {

constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

base::Unexpected invalid(std::string message) {
  return base::fail(base::ErrorCode::kInvalid, std::move(message));
}

/// The address in the kernel's own spelling; empty: `host` is no address of that family.
std::string normalize(int family, const std::string& host) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  in6_addr bytes{};
  if (::inet_pton(family, host.c_str(), &bytes) != 1 ||
      ::inet_ntop(family, &bytes, text.data(), text.size()) == nullptr) {
    return {};
  }
  return text.data();
}

base::Result<ListenAddress> make_internet_address(ListenKind kind, const base::Endpoint& endpoint) {
  ListenAddress address{
      .kind = kind, .family = AF_INET, .host = "", .port = endpoint.port, .path = ""};
  address.host = normalize(AF_INET, endpoint.host);
  if (address.host.empty()) {
    address.family = AF_INET6;
    address.host = normalize(AF_INET6, endpoint.host);
  }
  if (address.host.empty()) {
    return invalid(fmt::format(
        "\"{}\" is no numeric address (0.0.0.0 and [::] are all, 127.0.0.1 and [::1] this machine)",
        endpoint.host));
  }
  if (endpoint.port == 0) {
    return invalid("it has no port");
  }
  return address;
}

}  // namespace

base::Result<ListenAddress> parse_listen_address(std::string_view text) {
  const base::Result<base::Endpoint> endpoint = base::parse_endpoint(text);
  const bool is_known =
      text.starts_with("tcp://") || text.starts_with("udp://") || text.starts_with("unix:");
  if (!is_known) {
    return invalid(fmt::format("\"{}\" does not begin with tcp://, udp:// or unix:/", text));
  }
  if (!endpoint) {
    return tl::unexpected(endpoint.error());
  }
  switch (endpoint->kind) {
    case base::Endpoint::Kind::kTcp:
      return make_internet_address(ListenKind::kTcp, *endpoint);
    case base::Endpoint::Kind::kUdp:
      return make_internet_address(ListenKind::kUdp, *endpoint);
    case base::Endpoint::Kind::kTls:
    case base::Endpoint::Kind::kUnix:
      break;
  }
  if (endpoint->path.size() > kPathBytesMax || endpoint->path.ends_with('/') ||
      endpoint->path.find('\0') != std::string::npos) {
    return invalid(fmt::format("\"{}\" is no path of a socket, of at most {} bytes", endpoint->path,
                               kPathBytesMax));
  }
  return ListenAddress{
      .kind = ListenKind::kUnix, .family = AF_UNIX, .host = "", .port = 0, .path = endpoint->path};
}

std::string format_listen_address(const ListenAddress& address) {
  const std::string_view bracket = address.family == AF_INET6 ? "[" : "";
  const std::string_view end = address.family == AF_INET6 ? "]" : "";
  switch (address.kind) {
    case ListenKind::kTcp:
      return fmt::format("tcp://{}{}{}:{}", bracket, address.host, end, address.port);
    case ListenKind::kUdp:
      return fmt::format("udp://{}{}{}:{}", bracket, address.host, end, address.port);
    case ListenKind::kUnix:
      return fmt::format("unix:{}", address.path);
  }
  return {};
}

std::string listen_name(const ListenAddress& address) {
  switch (address.kind) {
    case ListenKind::kTcp:
      return fmt::format("tcp-{}", address.port);
    case ListenKind::kUdp:
      return fmt::format("udp-{}", address.port);
    case ListenKind::kUnix:
      break;
  }
  std::string name = address.path.substr(address.path.rfind('/') + 1);
  std::ranges::replace_if(
      name, [](char c) { return c == ':' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; },
      '_');  // a colon divides the names
  return name;
}

SocketAddress make_socket_address(const ListenAddress& address) {
  SocketAddress made{};
  std::memset(&made.ipv6, 0, sizeof(made.ipv6));
  switch (address.family) {
    case AF_INET:
      made.ipv4.sin_family = AF_INET;
      made.ipv4.sin_port = htons(address.port);
      ::inet_pton(AF_INET, address.host.c_str(), &made.ipv4.sin_addr);
      made.bytes = sizeof(made.ipv4);
      break;
    case AF_INET6:
      made.ipv6.sin6_family = AF_INET6;
      made.ipv6.sin6_port = htons(address.port);
      ::inet_pton(AF_INET6, address.host.c_str(), &made.ipv6.sin6_addr);
      made.bytes = sizeof(made.ipv6);
      break;
    default:
      std::memset(&made.unix_path, 0, sizeof(made.unix_path));
      made.unix_path.sun_family = AF_UNIX;
      std::memcpy(made.unix_path.sun_path, address.path.c_str(),
                  std::min(address.path.size(), kPathBytesMax));
      made.bytes = sizeof(made.unix_path);
  }
  return made;
}

}  // namespace supervisor
