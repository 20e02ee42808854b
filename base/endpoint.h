// Where a byte stream or datagrams go, as people write it:
//
//     udp://logs.example.com:514   tcp://10.0.0.1   tls://[2001:db8::1]:6514   unix:/dev/log
//
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

struct Endpoint {
  enum class Kind : std::uint8_t { kUdp, kTcp, kTls, kUnix };

  Kind kind = Kind::kTcp;
  std::string host;        // without brackets
  std::uint16_t port = 0;  // 0: none was given
  std::string path;        // of kUnix; absolute

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// kInvalid with a message to be put behind "cannot use ...: ".
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

/// As parse_endpoint() reads it; `default_port` where there is none.
[[nodiscard]] std::string format_endpoint(const Endpoint& endpoint, std::uint16_t default_port = 0);

}  // namespace base
