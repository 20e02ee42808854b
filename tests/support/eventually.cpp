#include "tests/support/eventually.h"

#include <poll.h>

#include <algorithm>
#include <ctime>

namespace support {

namespace {

constexpr std::chrono::microseconds kLookEvery = 3ms;
constexpr std::chrono::microseconds kLookSeldom = 50ms;  // a look may start a whole program

}  // namespace

void idle_for(std::chrono::microseconds span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  const timespec wait{.tv_sec = seconds.count(),
                      .tv_nsec = std::chrono::nanoseconds(span - seconds).count()};
  ::ppoll(nullptr, 0, &wait, nullptr);
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  auto pause = kLookEvery;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    idle_for(pause);
    pause = std::min(pause * 5 / 4, kLookSeldom);
  }
  return true;
}

bool throughout(const std::function<bool()>& holds, std::chrono::milliseconds span) {
  const auto end = std::chrono::steady_clock::now() + span;
  while (std::chrono::steady_clock::now() < end) {
    if (!holds()) {
      return false;
    }
    idle_for(kLookEvery);
  }
  return true;
}

}  // namespace support
