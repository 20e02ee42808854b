#include "shippers/http/curl_options.h"

#include <string>

#include "shippers/http/ca_bundle.h"
#include "shippers/http/tls_address.h"

namespace shippers {

void set_tls(CURL* easy, const logging::TlsConfig& tls) {
  ::curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  ::curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  ::curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  accept_addresses(easy);
  if (tls.ca_file.empty()) {
    if (const std::string bundle = find_ca_bundle(); !bundle.empty()) {
      ::curl_easy_setopt(easy, CURLOPT_CAINFO, bundle.c_str());
    }
  } else {
    ::curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
    // libcurl would keep what the file held for a day; one that is replaced counts at once.
    ::curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
  }
  if (!tls.cert_file.empty()) {
    ::curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.cert_file.c_str());
  }
  if (!tls.key_file.empty()) {
    ::curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key_file.c_str());
  }
}

void set_threaded(CURL* easy) {
  ::curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
}

bool is_refusal(CURLcode result) {
  return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CERTPROBLEM ||
         result == CURLE_SSL_CACERT_BADFILE || result == CURLE_SSL_ISSUER_ERROR;
}

}  // namespace shippers
