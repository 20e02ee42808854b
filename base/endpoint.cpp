#include "base/endpoint.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "base/text.h"

namespace base {

namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::array<std::pair<std::string_view, Endpoint::Kind>, 3> kSchemes{
    {{"udp://", Endpoint::Kind::kUdp},
     {"tcp://", Endpoint::Kind::kTcp},
     {"tls://", Endpoint::Kind::kTls}}};

Unexpected refuse(std::string message) {
  return fail(ErrorCode::kInvalid, std::move(message));
}

Result<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_decimal(text);
  if (!port || *port == 0 || *port > 65'535) {
    return refuse(fmt::format("\"{}\" is no port", text));
  }
  return static_cast<std::uint16_t>(*port);
}

Result<Endpoint> parse_host(Endpoint::Kind kind, std::string_view text) {
  Endpoint endpoint;
  endpoint.kind = kind;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) {
      return refuse("the address in brackets has no end");
    }
    endpoint.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    const std::size_t colon = text.find(':');
    endpoint.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (endpoint.host.empty() || endpoint.host.find_first_of(" /@?#") != std::string::npos) {
    return refuse(fmt::format("\"{}\" is no host", endpoint.host));
  }
  if (!rest.empty()) {
    if (!rest.starts_with(':')) {
      return refuse(fmt::format("\"{}\" behind the host is no port", rest));
    }
    TRY_ASSIGN(endpoint.port, parse_port(rest.substr(1)));
  }
  return endpoint;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  if (text.starts_with(kUnix)) {
    const std::string_view path = text.substr(kUnix.size());
    if (!path.starts_with('/')) {
      return refuse("the path must begin with /");
    }
    Endpoint endpoint;
    endpoint.kind = Endpoint::Kind::kUnix;
    endpoint.path = path;
    return endpoint;
  }
  for (const auto& [scheme, kind] : kSchemes) {
    if (text.starts_with(scheme)) {
      return parse_host(kind, text.substr(scheme.size()));
    }
  }
  return refuse("it must begin with udp://, tcp://, tls:// or unix:/");
}

std::string format_endpoint(const Endpoint& endpoint, std::uint16_t default_port) {
  if (endpoint.kind == Endpoint::Kind::kUnix) {
    return fmt::format("{}{}", kUnix, endpoint.path);
  }
  std::string text;
  for (const auto& [scheme, kind] : kSchemes) {
    if (kind == endpoint.kind) {
      text = scheme;
    }
  }
  const bool has_colon = endpoint.host.find(':') != std::string::npos;
  text += has_colon ? fmt::format("[{}]", endpoint.host) : endpoint.host;
  const std::uint16_t port = endpoint.port != 0 ? endpoint.port : default_port;
  return port != 0 ? fmt::format("{}:{}", text, port) : text;
}

}  // namespace base
