#include "supervisor/wall_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace supervisor {

using base::Result;

Result<void> WallTimer::open() {
  base::Fd fd(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd.valid()) {
    return base::fail_errno("cannot make a timer of the wall clock");
  }
  TRY_ASSIGN(auto poll, base::Poll::open(loop_, fd.get(), base::Poll::kReadable,
                                         [this](int) { on_readable(); }));
  fd_ = std::move(fd);
  poll_.emplace(std::move(poll));
  return {};
}

Result<void> WallTimer::set(std::optional<std::uint64_t> realtime_ns) {
  if (!fd_.valid()) {
    if (!realtime_ns) {
      return {};
    }
    TRY(open());
  }
  itimerspec time{};
  if (realtime_ns) {
    // All zero would turn it off.
    const std::uint64_t at_ns = std::max<std::uint64_t>(*realtime_ns, 1);
    time.it_value.tv_sec = static_cast<time_t>(at_ns / base::kNsPerSecond);
    time.it_value.tv_nsec = static_cast<long>(at_ns % base::kNsPerSecond);
  }
  if (::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &time, nullptr) !=
          0 &&
      ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &time, nullptr) != 0) {
    return base::fail_errno("cannot set the timer of the wall clock");
  }
  return {};
}

void WallTimer::on_readable() {
  std::uint64_t expirations = 0;
  // ECANCELED: the clock was set. EAGAIN: it was set anew meanwhile; looking is harmless.
  [[maybe_unused]] const auto count = ::read(fd_.get(), &expirations, sizeof(expirations));
  fired_();
}

}  // namespace supervisor
