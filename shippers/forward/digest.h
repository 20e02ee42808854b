// SHA-512, by the library that libcurl uses for TLS: OpenSSL (digest.cpp), in the static build
// mbedTLS (digest_mbedtls.cpp). Pure.
#pragma once

#include <string>
#include <string_view>

namespace shippers {

/// The 64 bytes of it.
[[nodiscard]] std::string sha512(std::string_view text);

/// In hexadecimal digits, in lower case.
[[nodiscard]] std::string hex(std::string_view bytes);

}  // namespace shippers
