// One moment on both clocks (base/clock.h): for waiting, and for what people read.
#pragma once

#include <cstdint>

namespace shippers {

struct Moment {
  std::uint64_t monotonic_ns = 0;
  std::uint64_t realtime_ns = 0;

  /// The monotonic time at which the other clock will show `realtime_ns`, if nobody sets it.
  [[nodiscard]] std::uint64_t monotonic_at(std::uint64_t other_realtime_ns) const {
    return other_realtime_ns > realtime_ns ? monotonic_ns + (other_realtime_ns - realtime_ns)
                                           : monotonic_ns;
  }
};

}  // namespace shippers
