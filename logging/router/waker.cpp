#include "logging/router/waker.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

#include "base/clock.h"

namespace logging {

namespace {

std::uint32_t* word_of(std::atomic<std::uint32_t>& state) {
  static_assert(sizeof(state) == sizeof(std::uint32_t));
  return reinterpret_cast<std::uint32_t*>(&state);
}

}  // namespace

void Waker::notify() {
  if (state_.exchange(kNotified) == kSleeping) {
    ::syscall(SYS_futex, word_of(state_), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
}

void Waker::wait(std::uint64_t deadline_ns) {
  std::uint32_t expected = kRunning;
  if (!state_.compare_exchange_strong(expected, kSleeping)) {
    state_.exchange(kRunning);  // it was notified meanwhile
    return;
  }
  timespec until{};
  until.tv_sec = static_cast<time_t>(deadline_ns / base::kNsPerSecond);
  until.tv_nsec = static_cast<long>(deadline_ns % base::kNsPerSecond);
  // FUTEX_WAIT_BITSET takes an absolute time on the monotonic clock.
  while (state_.load() == kSleeping) {
    const long result =
        ::syscall(SYS_futex, word_of(state_), FUTEX_WAIT_BITSET_PRIVATE, std::uint32_t{kSleeping},
                  deadline_ns == 0 ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
    if (result != 0 && deadline_ns != 0 && base::monotonic_ns() >= deadline_ns) {
      break;
    }
  }
  state_.exchange(kRunning);
}

}  // namespace logging
