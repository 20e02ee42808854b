#include "logging/router/hang_watch.h"

#include <pthread.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"

namespace logging {

namespace {

std::uint64_t cpu_ns(clockid_t clock) {
  timespec used{};
  ::clock_gettime(clock, &used);
  return static_cast<std::uint64_t>(used.tv_sec) * base::kNsPerSecond +
         static_cast<std::uint64_t>(used.tv_nsec);
}

}  // namespace

void BusyStamp::adopt_thread() {
  if (::pthread_getcpuclockid(::pthread_self(), &cpu_clock_) == 0) {
    adopted_.store(true, std::memory_order_release);
  }
}

void BusyStamp::begin(std::uint64_t now_ns) {
  since_ns_.store(now_ns);  // pairs with anyone_busy() after the timer was given up
  if (!watch_.armed_.load()) {
    watch_.arm();
  }
}

base::Result<void> HangWatch::open() {
  timer_ = base::Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer_.valid()) {
    return base::fail_errno("cannot make a timer");
  }
  return {};
}

BusyStamp& HangWatch::add(BusyStamp::Limit limit, std::string name) {
  return stamps_.emplace_back(*this, limit, std::move(name));
}

void HangWatch::arm() {
  armed_.store(true);
  itimerspec in_one_second{};
  in_one_second.it_value.tv_sec = 1;
  ::timerfd_settime(timer_.get(), 0, &in_one_second, nullptr);
}

bool HangWatch::anyone_busy() const {
  return std::ranges::any_of(stamps_,
                             [](const BusyStamp& stamp) { return stamp.since_ns_.load() != 0; });
}

const std::string* HangWatch::check(std::uint64_t now_ns) {
  std::uint64_t expirations = 0;
  [[maybe_unused]] const auto got = ::read(timer_.get(), &expirations, sizeof(expirations));
  for (BusyStamp& stamp : stamps_) {
    const std::uint64_t since_ns = stamp.since_ns_.load();
    if (since_ns == 0 || !stamp.adopted_.load(std::memory_order_acquire)) {
      continue;
    }
    const bool by_cpu = stamp.limit_ == BusyStamp::Limit::kCpuClock;
    const std::uint64_t used_ns = by_cpu ? cpu_ns(stamp.cpu_clock_) : now_ns;
    if (stamp.seen_since_ns_ != since_ns) {
      stamp.seen_since_ns_ = since_ns;
      stamp.seen_cpu_ns_ = used_ns;
    } else if (used_ns - stamp.seen_cpu_ns_ >= hung_ns_) {
      return &stamp.name_;
    }
  }
  armed_.store(false);
  if (anyone_busy()) {
    arm();
  }
  return nullptr;
}

}  // namespace logging
