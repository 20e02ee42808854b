// The pages of `[http] listen`, which the router serves: /livez, /readyz (and /healthz), /metrics.
//
// Everything they say PID 1 knows: each request asks it over the control socket, so a page answers
// only when PID 1 does. libmicrohttpd has a thread for them; nothing else of the router waits for
// it. GET and HEAD alone; bodies and other methods are refused; connections are few and bounded.
// Threads: open() and the destructor: the router's main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

struct MHD_Daemon;

namespace supervisor {

struct HttpPageLimits {
  static constexpr unsigned kConnections = 16;
  static constexpr unsigned kIdleSeconds = 15;
  static constexpr std::size_t kConnectionBytes = 16U << 10U;  // of a request's head
  static constexpr std::uint64_t kAnswerMs = 5'000;            // PID 1's
};

/// What a page says.
struct HttpPage {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// Asks the instance at `socket_path`. Unknown paths are 404; no answer of PID 1 is 503.
[[nodiscard]] HttpPage make_page(const std::string& socket_path, const std::string& path);

class HttpPages {
 public:
  /// `listen` is base/listen_address.h's; port 0 takes any.
  [[nodiscard]] static base::Result<std::unique_ptr<HttpPages>> open(const std::string& listen,
                                                                     std::string socket_path);
  ~HttpPages();
  HttpPages(const HttpPages&) = delete;
  HttpPages& operator=(const HttpPages&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& socket_path() const { return socket_path_; }

 private:
  explicit HttpPages(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  std::string socket_path_;
  std::uint16_t port_ = 0;
  MHD_Daemon* daemon_ = nullptr;  // owned; libmicrohttpd's to free
};

}  // namespace supervisor
