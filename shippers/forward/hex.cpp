#include "shippers/forward/digest.h"

namespace shippers {

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    const auto number = static_cast<unsigned char>(byte);
    out += kDigits[number >> 4U];
    out += kDigits[number & 15U];
  }
  return out;
}

}  // namespace shippers
