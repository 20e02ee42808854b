// RAII over libuv: one loop, its polls and its timers. Nothing else of libuv is used by PID 1.
//
// A handle may be destroyed at any time, also from inside its own callback: libuv's part of it is
// freed by the loop one iteration later. A callback must not throw.
// Threads: everything here belongs to the thread that runs the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"

struct uv_loop_s;
struct uv_poll_s;
struct uv_timer_s;

namespace base {

class Loop {
 public:
  Loop();
  ~Loop();  // every Poll and Timer must be gone
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();   // until stop() or until no handle is active
  void stop();  // run() returns after the current callback
  [[nodiscard]] uv_loop_s* raw() { return loop_.get(); }

 private:
  std::unique_ptr<uv_loop_s> loop_;
};

/// Readiness of a descriptor. The descriptor must outlive the Poll.
class Poll {
 public:
  enum Events : int { kReadable = 1, kWritable = 2, kReadWrite = 3 };
  /// Gets the ready events; 0 with a negative error when the descriptor itself is bad.
  using Callback = std::function<void(int events)>;

  [[nodiscard]] static Result<Poll> open(Loop& loop, int fd, Events events, Callback callback);
  Poll(Poll&&) noexcept;
  Poll& operator=(Poll&&) noexcept;
  ~Poll();

  void set_events(Events events);

 private:
  struct State;
  explicit Poll(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Rounded up, so that a timer never fires before its time.
[[nodiscard]] constexpr std::uint64_t to_timer_ms(std::uint64_t delay_ns) {
  return delay_ns / kNsPerMs + (delay_ns % kNsPerMs != 0 ? 1 : 0);
}

/// A one-shot or repeating timer, stopped when made.
class Timer {
 public:
  using Callback = std::function<void()>;

  Timer(Loop& loop, Callback callback);
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;
  ~Timer();

  /// Restarts when it already runs. From its own callback the shortest delay is 1 ms, so that a
  /// timer cannot keep polls from being looked at.
  void start_once(std::uint64_t delay_ms);
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace base
