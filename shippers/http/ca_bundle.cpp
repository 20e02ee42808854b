#include "shippers/http/ca_bundle.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace shippers {

std::string find_ca_bundle() {
  if (const char* named = std::getenv("SSL_CERT_FILE"); named != nullptr && *named != '\0') {
    return named;
  }
  constexpr std::array kPlaces{
      "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, Arch
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
      "/etc/pki/tls/certs/ca-bundle.crt",                   // older ones of those
      "/etc/ssl/ca-bundle.pem",                             // SUSE
      "/etc/ssl/cert.pem",                                  // Alpine without ca-certificates
  };
  for (const char* place : kPlaces) {
    if (::access(place, R_OK) == 0) {
      return place;
    }
  }
  return {};
}

}  // namespace shippers
