// What a check looks at, read from its configuration: a port, host:port, unix:/path; an http URL.
//
// Pure. A host is an address, localhost or a name of /etc/hosts: nothing is asked of DNS.
// Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace supervisor {

enum class ProbeKind : std::uint8_t { kTcp, kHttp, kFile };

struct ProbeTarget {
  ProbeKind kind = ProbeKind::kTcp;
  std::string host;  // without brackets; empty: `path` is a unix socket's or a file's
  std::uint16_t port = 0;
  std::string path;  // of the URL, the socket or the file

  friend bool operator==(const ProbeTarget&, const ProbeTarget&) = default;
};

/// "8080" (of localhost), "127.0.0.1:8080", "[::1]:8080", "unix:/run/app.sock".
[[nodiscard]] base::Result<ProbeTarget> parse_tcp_target(std::string_view text);
/// "http://127.0.0.1:3000/healthz".
[[nodiscard]] base::Result<ProbeTarget> parse_http_target(std::string_view text);
/// An absolute path.
[[nodiscard]] base::Result<ProbeTarget> parse_file_target(std::string_view text);

}  // namespace supervisor
