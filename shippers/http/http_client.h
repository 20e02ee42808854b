// HTTP requests on a thread of their own: libcurl's multi interface on a libuv loop, one for all
// network sinks of the router.
//
// Connections are kept and used again; names are resolved by libcurl's own threads; nothing is
// redirected, so that a token never goes to another host. A response's body is kept up to its
// request's limit. The thread lives while there is a channel, under the router's hang watch: when
// it computes for too long, all network sinks stand still.
// Threads: any may call. Owner: main; it outlives the sinks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "logging/network_config.h"
#include "logging/router/hang_watch.h"

namespace shippers {

struct HttpRequest {
  std::string url;
  std::string method = "POST";
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  std::uint64_t timeout_ms = 30'000;
  std::size_t response_bytes_max = 64 * 1024;  // more is thrown away
  logging::TlsConfig tls;
  std::string proxy;
};

struct HttpResponse {
  int status = 0;  // 0: there was no answer; `error` says why
  std::string body;
  std::string retry_after;  // the header
  std::string error;
  bool refused = false;  // a certificate, theirs or ours, is not accepted
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();  // every channel is closed
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Called on the network's thread; must be short.
  using Answer = std::function<void(std::uint64_t request, HttpResponse response)>;

  /// Before the first channel; `watch` outlives the channels. Any number of times: the first
  /// counts.
  void watch(logging::HangWatch& watch);

  [[nodiscard]] base::Result<std::uint64_t> open_channel(Answer answer);
  /// No answer comes after it; what is under way is given up.
  void close_channel(std::uint64_t channel);

  /// One answer follows, unless the channel is closed before.
  void send(std::uint64_t channel, std::uint64_t request, HttpRequest content);

 private:
  class Network;
  std::unique_ptr<Network> network_;
};

}  // namespace shippers
