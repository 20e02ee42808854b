#include "base/clock.h"

#include <ctime>

namespace base {

namespace {

std::uint64_t read_clock(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

std::uint64_t monotonic_ns() {
  return read_clock(CLOCK_MONOTONIC);
}

std::uint64_t realtime_ns() {
  return read_clock(CLOCK_REALTIME);
}

}  // namespace base
