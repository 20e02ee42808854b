// TCP and TLS through libcurl (CURLOPT_CONNECT_ONLY): names, both IP families, proxies, handshake
// and certificates are its own; afterwards the connection is ours.
//
// libcurl has no call that ends one direction. With TLS the end is close_notify, without which many
// receivers report a truncated stream; where libcurl works on OpenSSL it is sent on libcurl's own
// session, with other libraries the receiver sees the bare end.
#pragma once

#include <curl/curl.h>

#include <array>
#include <string>

#include "shippers/stream/connection.h"

namespace shippers {

class CurlConnection final : public Connection {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<CurlConnection>> open(
      const DialOptions& options);
  CurlConnection(const CurlConnection&) = delete;
  CurlConnection& operator=(const CurlConnection&) = delete;

  [[nodiscard]] int fd() const override { return fd_; }
  [[nodiscard]] bool is_datagram() const override { return false; }
  [[nodiscard]] base::Result<std::size_t> write(std::string_view bytes) override;
  [[nodiscard]] base::Result<Received> read(std::span<char> into) override;
  void finish() override;

 private:
  struct EasyDeleter {
    void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
  };

  explicit CurlConnection(const DialOptions& options);
  void set_up(const DialOptions& options);
  void set_up_proxy(const DialOptions& options);
  [[nodiscard]] base::Result<void> connect();
  static int on_progress(void* giving_up, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<CURL, EasyDeleter> easy_;
  int fd_ = -1;  // libcurl's
};

}  // namespace shippers
