#include "base/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

#include "base/text.h"

namespace base {

namespace {

Unexpected wrong_address() {
  return fail(ErrorCode::kInvalid, "it is no PORT, ADDRESS:PORT or *:PORT");
}

template <typename T>
ListenAddress stored(const T& address) {
  ListenAddress stored;
  std::memcpy(&stored.address, &address, sizeof(address));
  stored.bytes = sizeof(address);
  return stored;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  constexpr std::uint64_t kPortMax = 65'535;
  const std::size_t colon = text.rfind(':');
  const std::string_view port_text =
      colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto port = parse_decimal(port_text);
  if (!port || *port > kPortMax) {
    return fail(ErrorCode::kInvalid, "the port is not 0 to 65535");
  }
  std::string host(colon == std::string_view::npos ? "127.0.0.1" : text.substr(0, colon));
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(static_cast<std::uint16_t>(*port));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    return ::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1
               ? Result<ListenAddress>(stored(six))
               : Result<ListenAddress>(wrong_address());
  }
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = six.sin6_port;
  host = host == "*" ? "0.0.0.0" : host == "localhost" ? "127.0.0.1" : host;
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) != 1) {
    return wrong_address();
  }
  return stored(four);
}

}  // namespace base
