#include "base/check.h"

#include <poll.h>
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
  // Never blocking: behind abort() there may be a handler that must run (last_resort).
  pollfd ready{.fd = 2, .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0) {
    [[maybe_unused]] const auto written = ::writev(ready.fd, parts, std::size(parts));
  }
  std::abort();
}

}  // namespace base
