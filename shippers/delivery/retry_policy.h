// How long to wait before a destination is tried again: full jitter over a doubling bound, and what
// the destination itself asks for.
//
// Full jitter (a wait anywhere between nothing and the bound) spreads the clients of a destination
// that comes back; the bound is `initial` after the first failure and doubles up to `max`. What a
// Retry-After header says is a minimum, itself bounded by kRetryAfterMaxNs: a destination must not
// be able to silence us for a day. Pure but for its own random numbers, which come from a seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace shippers {

struct RetryLimits {
  static constexpr std::uint64_t kRetryAfterMaxNs = 300'000'000'000;
  static constexpr std::uint64_t kWaitMinNs = 10'000'000;  // jitter of 0 would be a busy loop
};

class RetryPolicy {
 public:
  RetryPolicy(std::uint64_t initial_ns, std::uint64_t max_ns, std::uint64_t seed)
      : initial_ns_(initial_ns), max_ns_(max_ns), random_(seed) {}

  /// After the `failures`-th failure in a row (from 1).
  [[nodiscard]] std::uint64_t wait_ns(std::uint32_t failures, std::uint64_t retry_after_ns);

  /// The longest that wait_ns() may return without a wish of the destination.
  [[nodiscard]] std::uint64_t bound_ns(std::uint32_t failures) const;

 private:
  std::uint64_t initial_ns_;
  std::uint64_t max_ns_;
  std::uint64_t random_;
};

/// A Retry-After header (RFC 9110, 10.2.3): seconds, or a date in one of HTTP's three forms, as the
/// time from `realtime_ns` on. A date that has passed is 0. Nothing: it cannot be read.
[[nodiscard]] std::optional<std::uint64_t> parse_retry_after(std::string_view text,
                                                             std::uint64_t realtime_ns);

}  // namespace shippers
