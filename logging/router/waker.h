// Wakes one sleeping thread: a futex word, cheap when the thread is awake.
//
// A wake-up is remembered: notify() before wait() makes that wait() return at once.
// Threads: any may notify(); one waits.
#pragma once

#include <atomic>
#include <cstdint>

namespace logging {

class Waker {
 public:
  void notify();

  /// Until notify(), or until `deadline_ns` (monotonic; 0: none).
  void wait(std::uint64_t deadline_ns);

 private:
  enum State : std::uint32_t { kRunning, kNotified, kSleeping };
  std::atomic<std::uint32_t> state_{kRunning};
};

}  // namespace logging
