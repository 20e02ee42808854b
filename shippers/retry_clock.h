// When a failing target is tried again: 100 ms, doubling to 2 s, until it works.
//
// Short on purpose: the data waits in a ring, and a freed disk should be seen at once.
// Pure: time is passed in (monotonic).
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace shippers {

class RetryClock {
 public:
  static constexpr std::uint64_t kFirstNs = 100 * base::kNsPerMs;
  static constexpr std::uint64_t kLongestNs = 2 * base::kNsPerSecond;

  [[nodiscard]] bool must_wait(std::uint64_t now_ns) const { return now_ns < again_at_ns_; }
  [[nodiscard]] std::uint64_t again_at_ns() const { return again_at_ns_; }
  [[nodiscard]] bool is_failing() const { return wait_ns_ != 0; }

  void failed(std::uint64_t now_ns) {
    wait_ns_ = wait_ns_ == 0 ? kFirstNs : std::min(2 * wait_ns_, kLongestNs);
    again_at_ns_ = now_ns + wait_ns_;
  }
  void worked() { wait_ns_ = again_at_ns_ = 0; }

 private:
  std::uint64_t wait_ns_ = 0;
  std::uint64_t again_at_ns_ = 0;
};

}  // namespace shippers
