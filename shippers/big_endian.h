// Numbers in network order. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shippers {

inline void append_big_endian(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> static_cast<unsigned>(shift) & 0xFFU);
  }
}

/// Of the first four bytes, which are there.
[[nodiscard]] inline std::uint32_t read_big_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4)) {
    number = number << 8U | static_cast<unsigned char>(byte);
  }
  return number;
}

}  // namespace shippers
