#include <mbedtls/sha512.h>

#include "shippers/forward/digest.h"

namespace shippers {

std::string sha512(std::string_view text) {
  constexpr int kSha512 = 0;  // 1 would be SHA-384
  std::string digest(64, '\0');
  ::mbedtls_sha512_ret(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       reinterpret_cast<unsigned char*>(digest.data()), kSha512);
  return digest;
}

}  // namespace shippers
