#include "supervisor/process/probe_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace supervisor {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kUnixPathBytesMax = 107;  // of sockaddr_un
constexpr std::uint16_t kHttpPort = 80;

base::Unexpected invalid(std::string_view text, std::string_view why) {
  return base::fail(base::ErrorCode::kInvalid, fmt::format("\"{}\" {}", text, why));
}

base::Result<std::uint16_t> parse_port(std::string_view digits, std::string_view text) {
  const auto port = base::parse_decimal(digits);
  if (!port || *port == 0 || *port > 65'535) {
    return invalid(text, "has no port from 1 to 65535");
  }
  return static_cast<std::uint16_t>(*port);
}

/// "host:port", "[address]:port"; without a port `port` stays as it is.
base::Result<void> parse_authority(std::string_view authority, std::string_view text,
                                   ProbeTarget& target) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) {
      return invalid(text, "has a `[` without its `]`");
    }
    target.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else {
    const std::size_t colon = authority.find(':');
    target.host = authority.substr(0, colon);
    rest = colon == std::string_view::npos ? "" : authority.substr(colon);
  }
  if (!rest.empty()) {
    if (!rest.starts_with(':')) {
      return invalid(text, "has something behind its host that is no port");
    }
    TRY_ASSIGN(target.port, parse_port(rest.substr(1), text));
  }
  const bool is_odd = std::ranges::any_of(
      target.host, [](char c) { return c <= ' ' || c == '/' || c == '@' || c == '\x7f'; });
  if (target.host.empty() || is_odd) {
    return invalid(text, "has no host");
  }
  return {};
}

}  // namespace

base::Result<ProbeTarget> parse_tcp_target(std::string_view text) {
  ProbeTarget target{.kind = ProbeKind::kTcp, .host = "", .port = 0, .path = ""};
  if (text.starts_with(kUnix)) {
    target.path = text.substr(kUnix.size());
    if (!target.path.starts_with('/') || target.path.size() > kUnixPathBytesMax) {
      return invalid(text, "is no unix:/path of at most 107 bytes");
    }
    return target;
  }
  if (text.find(':') == std::string_view::npos) {
    target.host = "localhost";
    TRY_ASSIGN(target.port, parse_port(text, text));
    return target;
  }
  TRY(parse_authority(text, text, target));
  if (target.port == 0) {
    return invalid(text, "has no port from 1 to 65535");
  }
  return target;
}

base::Result<ProbeTarget> parse_http_target(std::string_view text) {
  if (text.starts_with("https://")) {
    return invalid(text, "is https, which is not looked at; use `command` or `tcp`");
  }
  if (!text.starts_with(kHttp)) {
    return invalid(text, "is no URL that begins with http://");
  }
  const std::string_view rest = text.substr(kHttp.size());
  const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  ProbeTarget target{.kind = ProbeKind::kHttp, .host = "", .port = kHttpPort, .path = ""};
  TRY(parse_authority(rest.substr(0, slash), text, target));
  const std::string_view path = rest.substr(slash, rest.find('#') - slash);
  target.path = path.starts_with('/') ? path : fmt::format("/{}", path);
  const bool is_odd = std::ranges::any_of(
      target.path, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
  if (is_odd) {
    return invalid(text, "has a blank or a control character; write it as %20");
  }
  return target;
}

base::Result<ProbeTarget> parse_file_target(std::string_view text) {
  if (!text.starts_with('/')) {
    return invalid(text, "is no path that begins with /");
  }
  return ProbeTarget{.kind = ProbeKind::kFile, .host = "", .port = 0, .path = std::string(text)};
}

}  // namespace supervisor
