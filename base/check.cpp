#include "base/check.h"

#include <sys/uio.h>

#include <cstdlib>
#include <cstring>
#include <iterator>

namespace base {

namespace {

iovec piece(const char* text) {
  return {.iov_base = const_cast<char*>(text), .iov_len = std::strlen(text)};
}

}  // namespace

void check_failed(const char* expression, const char* file, int line) noexcept {
  // No fmt and no allocation: the heap may be what is broken.
  char digits[12];
  char* end = digits + sizeof(digits) - 1;
  *end = '\0';
  char* first = end;
  for (int rest = line; rest > 0 && first > digits; rest /= 10) {
    *--first = static_cast<char>('0' + rest % 10);
  }
  const iovec parts[] = {piece("birl: check failed: "),
                         piece(expression),
                         piece(" ("),
                         piece(file),
                         piece(":"),
                         piece(first),
                         piece(")\n")};
  [[maybe_unused]] const auto written = ::writev(2, parts, std::size(parts));
  std::abort();
}

}  // namespace base
