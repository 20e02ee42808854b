#include "shippers/forward/digest.h"

#include <openssl/evp.h>

namespace shippers {

std::string sha512(std::string_view text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned bytes = 0;
  ::EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &bytes,
               ::EVP_sha512(), nullptr);
  digest.resize(bytes);
  return digest;
}

}  // namespace shippers
