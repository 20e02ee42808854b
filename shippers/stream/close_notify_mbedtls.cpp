#include "shippers/stream/close_notify.h"

#include <mbedtls/ssl.h>

namespace shippers {

void send_close_notify(CURL* easy) {
  curl_tlssessioninfo* session = nullptr;
  const CURLcode known = ::curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session);
  if (known == CURLE_OK && session != nullptr && session->internals != nullptr &&
      session->backend == CURLSSLBACKEND_MBEDTLS) {
    ::mbedtls_ssl_close_notify(static_cast<mbedtls_ssl_context*>(session->internals));
  }
}

}  // namespace shippers
