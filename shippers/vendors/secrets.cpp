#include "shippers/vendors/secrets.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>

#include "base/text.h"

namespace shippers {

namespace {

constexpr std::size_t kSecretBytesMax = 64 * 1024;

}  // namespace

base::Result<std::string> read_secret(const base::Secret& secret, const std::string& file) {
  if (file.empty()) {
    return secret.text;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return base::fail_errno(fmt::format("cannot read {}", file));
  }
  std::string text(kSecretBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return std::string(base::trim(text));
}

std::string base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t index = 0; index < 3; ++index) {
      bits = bits << 8U |
             (at + index < text.size() ? static_cast<unsigned char>(text[at + index]) : 0U);
    }
    for (std::size_t index = 0; index < 4; ++index) {
      out += at + index > text.size() ? '=' : kDigits[(bits >> (18 - 6 * index)) & 63U];
    }
  }
  return out;
}

base::Result<std::string> read_authorization(const logging::AuthConfig& auth) {
  TRY_ASSIGN(const std::string basic, read_secret(auth.basic, auth.basic_file));
  if (!basic.empty()) {
    return "Basic " + base64(basic);
  }
  TRY_ASSIGN(const std::string bearer, read_secret(auth.bearer, auth.bearer_file));
  return bearer.empty() ? std::string() : "Bearer " + bearer;
}

}  // namespace shippers
