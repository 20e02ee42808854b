#include "shippers/stream/close_notify.h"

#include <openssl/ssl.h>

namespace shippers {

void send_close_notify(CURL* easy) {
  curl_tlssessioninfo* session = nullptr;
  const CURLcode known = ::curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session);
  if (known == CURLE_OK && session != nullptr && session->internals != nullptr &&
      session->backend == CURLSSLBACKEND_OPENSSL) {
    ::SSL_shutdown(static_cast<SSL*>(session->internals));
  }
}

}  // namespace shippers
