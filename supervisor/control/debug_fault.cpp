#include "supervisor/control/debug_fault.h"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
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
    // Kept: closing it would take the bad descriptor out of the loop again.
    [[maybe_unused]] static const auto kKept = std::make_unique<base::Poll>(*std::move(poll));
  }
}

void allocate_too_much() {
  std::allocator<char> allocator;
  const std::size_t bytes = PTRDIFF_MAX;
  char* volatile kept = allocator.allocate(bytes);  // a pair that nobody sees may be left out
  allocator.deallocate(kept, bytes);
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
      allocate_too_much();
      return;
    case DebugFault::kEbadf:
      watch_a_closed_descriptor(loop);
      return;
  }
}

}  // namespace supervisor
