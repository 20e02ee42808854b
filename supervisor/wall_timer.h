// Wakes the loop at a time of the wall clock, and whenever that clock was set: timerfd on
// CLOCK_REALTIME, cancelled by the kernel when the clock jumps (also when the machine wakes up).
// So a schedule needs no wake-ups in between. Where the kernel cannot cancel (gVisor), jumps are
// noticed at the next time only.
// Threads: the loop's. Owner: ServiceEffects.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/fd.h"
#include "base/loop.h"
#include "base/result.h"

namespace supervisor {

class WallTimer {
 public:
  /// `fired` is called at the time, after a jump, or both; the timer is then off.
  WallTimer(base::Loop& loop, std::function<void()> fired)
      : loop_(loop), fired_(std::move(fired)) {}
  WallTimer(const WallTimer&) = delete;
  WallTimer& operator=(const WallTimer&) = delete;

  /// Replaces the former time; nullopt: off. Nothing is opened before the first time.
  [[nodiscard]] base::Result<void> set(std::optional<std::uint64_t> realtime_ns);

 private:
  [[nodiscard]] base::Result<void> open();
  void on_readable();

  base::Loop& loop_;
  std::function<void()> fired_;
  base::Fd fd_;
  std::optional<base::Poll> poll_;
};

}  // namespace supervisor
