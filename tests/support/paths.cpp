#include "tests/support/paths.h"

#include <cstdlib>

#include "base/text.h"

namespace support {

std::string birl_path() {
  const char* given = std::getenv("BIRL");
  return given != nullptr && *given != '\0' ? given : BIRL_TEST_BINARIES "/birl";
}

std::string actor_path() {
  return BIRL_TEST_BINARIES "/actor";
}

std::string loggen_path() {
  return BIRL_TEST_BINARIES "/loggen";
}

std::string logcheck_path() {
  return BIRL_TEST_BINARIES "/logcheck";
}

unsigned test_scale() {
  const char* text = std::getenv("BIRL_TEST_SCALE");
  const auto scale = text == nullptr ? std::nullopt : base::parse_decimal(text);
  return scale && *scale > 0 ? static_cast<unsigned>(*scale) : 1;
}

bool test_everything() {
  const char* text = std::getenv("BIRL_TEST_ALL");
  return text != nullptr && *text == '1';
}

}  // namespace support
