// Finding what should be in no log: card numbers, addresses, tokens, keys.
//
// Each finder passes over text without its tell-tale bytes at the speed of memchr, and then looks
// closely: a card number has a right prefix, length and Luhn sum; an address has four numbers up to
// 255; and so on. They find too much rather than too little where the two conflict. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace logging {

enum class Secret : std::uint8_t {
  kCreditCard,
  kEmail,
  kIpv4,
  kIpv6,
  kBearer,
  kAwsKey,
  kJwt,
  kPrivateKey,
};
[[nodiscard]] constexpr auto enum_names(Secret) {
  return std::array<std::string_view, 8>{"credit_card", "email",   "ipv4", "ipv6",
                                         "bearer",      "aws_key", "jwt",  "private_key"};
}

struct SecretSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The first `secret` that begins at `from` or behind it.
[[nodiscard]] std::optional<SecretSpan> find_secret(Secret secret, std::string_view text,
                                                    std::size_t from);

/// A built-in name; `-` reads as `_`.
[[nodiscard]] std::optional<Secret> parse_secret(std::string_view name);

}  // namespace logging
