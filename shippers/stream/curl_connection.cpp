#include "shippers/stream/curl_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/check.h"
#include "shippers/http/curl_options.h"
#include "shippers/stream/close_notify.h"

namespace shippers {

namespace {

constexpr long kConnectTimeoutMs = 10'000;

/// For libcurl an https URL is TLS and an http one is none; CONNECT_ONLY sends no request.
std::string url_of(const base::Endpoint& endpoint) {
  const bool has_colon = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", endpoint.kind == base::Endpoint::Kind::kTls ? "https" : "http",
                     has_colon ? fmt::format("[{}]", endpoint.host) : endpoint.host, endpoint.port);
}

}  // namespace

base::Result<std::unique_ptr<CurlConnection>> CurlConnection::open(const DialOptions& options) {
  std::unique_ptr<CurlConnection> connection(new CurlConnection(options));
  TRY(connection->connect());
  return connection;
}

CurlConnection::CurlConnection(const DialOptions& options) : easy_(::curl_easy_init()) {
  ASSERT(easy_ != nullptr);
  set_up(options);
}

void CurlConnection::set_up(const DialOptions& options) {
  CURL* easy = easy_.get();
  const auto timeout_ms = static_cast<long>(options.timeout_ms);
  set_threaded(easy);
  set_tls(easy, options.tls);
  ::curl_easy_setopt(easy, CURLOPT_URL, url_of(options.endpoint).c_str());
  ::curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  ::curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);  // it is no HTTP
  ::curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  ::curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout_ms, kConnectTimeoutMs));
  ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  ::curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  ::curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &on_progress);
  ::curl_easy_setopt(easy, CURLOPT_XFERINFODATA, options.giving_up);
  set_up_proxy(options);
}

/// Without `proxy` a TLS stream goes by HTTPS_PROXY and NO_PROXY; plain TCP by no variable, for
/// http_proxy is meant for HTTP.
void CurlConnection::set_up_proxy(const DialOptions& options) {
  CURL* easy = easy_.get();
  ::curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  if (!options.proxy.empty()) {
    ::curl_easy_setopt(easy, CURLOPT_PROXY, options.proxy.c_str());
  } else if (options.endpoint.kind == base::Endpoint::Kind::kTcp) {
    ::curl_easy_setopt(easy, CURLOPT_PROXY, "");
  }
}

base::Result<void> CurlConnection::connect() {
  const CURLcode result = ::curl_easy_perform(easy_.get());
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (result == CURLE_OK) {
    ::curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket);
  }
  if (socket == CURL_SOCKET_BAD) {
    const std::string why = error_[0] != '\0' ? error_.data() : ::curl_easy_strerror(result);
    return base::fail(
        is_refusal(result) ? base::ErrorCode::kPermission : base::ErrorCode::kUnavailable, why);
  }
  fd_ = socket;
  return {};
}

int CurlConnection::on_progress(void* giving_up, curl_off_t /*download_total*/,
                                curl_off_t /*download_now*/, curl_off_t /*upload_total*/,
                                curl_off_t /*upload_now*/) {
  const auto* flag = static_cast<const std::atomic<bool>*>(giving_up);
  return flag != nullptr && flag->load() ? 1 : 0;
}

base::Result<std::size_t> CurlConnection::write(std::string_view bytes) {
  std::size_t count = 0;
  const CURLcode result = ::curl_easy_send(easy_.get(), bytes.data(), bytes.size(), &count);
  if (result == CURLE_OK) {
    return count;
  }
  if (result == CURLE_AGAIN) {
    return 0;
  }
  return base::fail(base::ErrorCode::kUnavailable,
                    fmt::format("cannot send: {}", ::curl_easy_strerror(result)));
}

base::Result<Connection::Received> CurlConnection::read(std::span<char> into) {
  std::size_t count = 0;
  const CURLcode result = ::curl_easy_recv(easy_.get(), into.data(), into.size(), &count);
  if (result == CURLE_OK) {
    return Received{.bytes = count, .ended = count == 0};
  }
  if (result == CURLE_AGAIN) {
    return Received{};
  }
  return base::fail(base::ErrorCode::kUnavailable,
                    fmt::format("cannot receive: {}", ::curl_easy_strerror(result)));
}

void CurlConnection::finish() {
  send_close_notify(easy_.get());
  ::shutdown(fd_, SHUT_WR);
}

}  // namespace shippers
