// When a batch is made: by bytes, by count, or when the oldest waiting line has waited for
// `linger`.
//
// What waits stays in the rings until then, so nothing is lost or has to be restored when the
// router dies in between. Pure: time is passed in (monotonic).
#pragma once

#include <algorithm>
#include <cstdint>

namespace shippers {

class Batcher {
 public:
  struct Limits {
    std::uint64_t bytes = 0;
    std::uint32_t events = 0;
    std::uint64_t linger_ns = 0;
  };
  explicit Batcher(const Limits& limits) : limits_(limits) {}

  /// Told whenever something may have changed: that many bytes wait now. True: make a batch.
  bool look(std::uint64_t waiting_bytes, std::uint64_t now_ns) {
    if (waiting_bytes == 0) {
      due_at_ns_ = 0;
      return false;
    }
    if (due_at_ns_ == 0) {
      due_at_ns_ = now_ns + limits_.linger_ns;
    }
    return waiting_bytes >= limits_.bytes || now_ns >= due_at_ns_;
  }

  /// When look() will say true although nothing more comes; 0: nothing waits.
  [[nodiscard]] std::uint64_t due_at_ns() const { return due_at_ns_; }

  /// What waits now has just begun to wait.
  void restart() { due_at_ns_ = 0; }

  /// A batch of `events` and `bytes` takes an event of `event_bytes` more. An empty one takes any.
  [[nodiscard]] bool fits(std::uint32_t events, std::uint64_t bytes,
                          std::uint64_t event_bytes) const {
    return events == 0 || (events < limits_.events && bytes + event_bytes <= limits_.bytes);
  }

 private:
  Limits limits_;
  std::uint64_t due_at_ns_ = 0;
};

}  // namespace shippers
