#include "shippers/http/tls_address.h"

#include <arpa/inet.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>

namespace shippers {

namespace {

constexpr int kAddressTag = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_IP_ADDRESS;

struct UrlDeleter {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};

/// The host of the handle's URL; an IPv6 address without its brackets.
std::string host_of(CURL* easy) {
  char* text = nullptr;
  const std::unique_ptr<CURLU, UrlDeleter> url{::curl_url()};
  char* host = nullptr;
  if (!url || ::curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &text) != CURLE_OK ||
      text == nullptr ||
      ::curl_url_set(url.get(), CURLUPART_URL, text, CURLU_DEFAULT_SCHEME) != CURLUE_OK ||
      ::curl_url_get(url.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return "";
  }
  std::string name(host);
  ::curl_free(host);
  if (name.starts_with('[') && name.ends_with(']')) {
    name = name.substr(1, name.size() - 2);
  }
  return name;
}

bool holds(const mbedtls_x509_crt& certificate, const void* address, std::size_t bytes) {
  for (const mbedtls_x509_sequence* name = &certificate.subject_alt_names; name != nullptr;
       name = name->next) {
    if (name->buf.tag == kAddressTag && name->buf.len == bytes &&
        std::memcmp(name->buf.p, address, bytes) == 0) {
      return true;
    }
  }
  return false;
}

bool is_for(const mbedtls_x509_crt& certificate, const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (::inet_pton(AF_INET, host.c_str(), address.data()) == 1) {
    return holds(certificate, address.data(), sizeof(in_addr));
  }
  return ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1 &&
         holds(certificate, address.data(), sizeof(in6_addr));
}

/// Takes back what mbedTLS objects to, for the peer's own certificate and for that reason alone.
int verify(void* easy, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
  constexpr std::uint32_t kMismatch = MBEDTLS_X509_BADCERT_CN_MISMATCH;
  if (depth == 0 && (*flags & kMismatch) != 0 && is_for(*certificate, host_of(easy))) {
    *flags &= ~kMismatch;
  }
  return 0;
}

CURLcode watch_handshake(CURL* easy, void* config, void* /*unused*/) {
  ::mbedtls_ssl_conf_verify(static_cast<mbedtls_ssl_config*>(config), verify, easy);
  return CURLE_OK;
}

}  // namespace

void accept_addresses(CURL* easy) {
  ::curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, watch_handshake);
}

}  // namespace shippers
