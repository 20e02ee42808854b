#include "logging/inputs/event_poll.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "base/clock.h"

namespace logging {

namespace {

constexpr int kNoPwait2 = -2;

/// epoll_pwait2 where the kernel has it (5.11) and lets us.
int pwait2(int epoll, std::span<epoll_event> events, const timespec* timeout) {
#ifdef SYS_epoll_pwait2
  const long count = ::syscall(SYS_epoll_pwait2, epoll, events.data(),
                               static_cast<int>(events.size()), timeout, nullptr, 0);
  return count < 0 && (errno == ENOSYS || errno == EPERM) ? kNoPwait2 : static_cast<int>(count);
#else
  return kNoPwait2;
#endif
}

/// `wait_ns` from now; milliseconds, rounded up, where nothing finer is to be had.
int wait_epoll(int epoll, std::span<epoll_event> events, std::uint64_t wait_ns, bool for_ever) {
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(wait_ns / base::kNsPerSecond);
  timeout.tv_nsec = static_cast<long>(wait_ns % base::kNsPerSecond);
  const int count = pwait2(epoll, events, for_ever ? nullptr : &timeout);
  if (count != kNoPwait2) {
    return count;
  }
  const std::uint64_t wait_ms = (wait_ns + base::kNsPerMs - 1) / base::kNsPerMs;
  return ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()),
                      for_ever ? -1 : static_cast<int>(wait_ms));
}

}  // namespace

base::Result<void> EventPoll::open() {
  epoll_ = base::Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_.valid()) {
    return base::fail_errno("cannot make an epoll set");
  }
  return {};
}

base::Result<void> EventPoll::watch(int fd, void* key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = key;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return base::fail_errno("cannot poll a descriptor");
  }
  return {};
}

void EventPoll::arm_once(int fd, void* key) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.ptr = key;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
}

void EventPoll::remove(int fd) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

std::span<void* const> EventPoll::wait(std::uint64_t due_ns) {
  const std::uint64_t now_ns = base::monotonic_ns();
  const std::uint64_t wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
  std::array<epoll_event, kKeysMax> events;
  const int count = wait_epoll(epoll_.get(), events, wait_ns, due_ns == UINT64_MAX);
  const auto ready = static_cast<std::size_t>(std::max(count, 0));
  for (std::size_t index = 0; index < ready; ++index) {
    keys_[index] = events[index].data.ptr;
  }
  return std::span<void* const>(keys_).first(ready);
}

base::Result<base::Fd> make_event() {
  base::Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) {
    return base::fail_errno("cannot make an event descriptor");
  }
  return event;
}

void ring_event(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof(one));
}

void clear_event(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd, &count, sizeof(count));
}

}  // namespace logging
