// Units of configuration values as types, so that a duration is never taken for a size.
#pragma once

#include <compare>
#include <cstdint>

#include "base/clock.h"

namespace base {

struct Duration {
  using ScalarUnit = std::uint64_t;
  std::uint64_t ns = 0;

  [[nodiscard]] constexpr std::uint64_t ms() const { return ns / kNsPerMs; }
  friend auto operator<=>(const Duration&, const Duration&) = default;
};

struct ByteCount {
  using ScalarUnit = std::uint64_t;
  std::uint64_t bytes = 0;
  friend auto operator<=>(const ByteCount&, const ByteCount&) = default;
};

struct FileMode {
  using ScalarUnit = std::uint32_t;
  std::uint32_t bits = 0;
  friend auto operator<=>(const FileMode&, const FileMode&) = default;
};

[[nodiscard]] constexpr Duration milliseconds(std::uint64_t count) {
  return {count * kNsPerMs};
}
[[nodiscard]] constexpr Duration seconds(std::uint64_t count) {
  return {count * kNsPerSecond};
}

}  // namespace base
