#include "supervisor/control/debug_fault.h"

#include <csignal>
#include <cstdlib>
#include <new>
#include <utility>

#include "base/fd.h"

namespace supervisor {

namespace {

/// libuv aborts when epoll refuses a descriptor that it was told to watch.
void watch_a_closed_descriptor(base::Loop& loop) {
  auto pipe = base::make_pipe();
  if (!pipe) {
    return;
  }
  auto poll = base::Poll::open(loop, pipe->read.get(), base::Poll::kReadable, [](int) {});
  if (poll) {
    // Never freed: closing it would take the bad descriptor out of the loop again.
    [[maybe_unused]] static base::Poll* const kept = new base::Poll(*std::move(poll));
  }
}

}  // namespace

void commit_debug_fault(base::Loop& loop, DebugFault fault) {
  switch (fault) {
    case DebugFault::kAbort:
      std::abort();
    case DebugFault::kSegv:
      ::raise(SIGSEGV);
      return;
    case DebugFault::kBadAlloc:
      throw std::bad_alloc();
    case DebugFault::kEbadf:
      watch_a_closed_descriptor(loop);
      return;
  }
}

}  // namespace supervisor
