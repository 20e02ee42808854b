// The two clocks of the kernel, in nanoseconds. Pure code takes `now` as an argument instead.
#pragma once

#include <cstdint>

namespace base {

inline constexpr std::uint64_t kNsPerMs = 1'000'000;
inline constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

[[nodiscard]] std::uint64_t monotonic_ns();  // never jumps; for every time-out
[[nodiscard]] std::uint64_t realtime_ns();   // unix time; for stamps that people read

}  // namespace base
