// An epoll set with nanosecond time-outs: what the intake sleeps in.
//
// libuv's timers count milliseconds, and the intake's waits are tenths of one.
// Threads: the thread that waits. A key is any address that its owner knows again.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/fd.h"
#include "base/result.h"

namespace logging {

class EventPoll {
 public:
  [[nodiscard]] base::Result<void> open();

  /// Reports `key` whenever `fd` is readable.
  [[nodiscard]] base::Result<void> watch(int fd, void* key);

  /// Reports `key` once when `fd` is readable or hung up; then not before it is armed again.
  /// (A hung-up pipe would be reported for ever otherwise, whether it is asked for or not.)
  void arm_once(int fd, void* key);
  void remove(int fd);  // fine when it is not in the set

  /// Keys of what is ready; good until the next call. `due_ns` (monotonic) ends the wait;
  /// UINT64_MAX: none.
  [[nodiscard]] std::span<void* const> wait(std::uint64_t due_ns);

 private:
  static constexpr std::size_t kKeysMax = 64;
  base::Fd epoll_;
  std::array<void*, kKeysMax> keys_{};
};

/// A counter descriptor that one thread polls and others ring.
[[nodiscard]] base::Result<base::Fd> make_event();
void ring_event(int fd);
void clear_event(int fd);

}  // namespace logging
