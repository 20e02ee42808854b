#include "supervisor/control/debug_fault.h"

#include <gtest/gtest.h>

#include <csignal>

namespace supervisor {
namespace {

#ifndef BIRL_SANITIZED  // a sanitizer takes these faults for bugs and ends the process its own way

/// As the server does: from inside a callback of the loop. An exception finds no handler, as in
/// PID 1.
void commit_in_loop(DebugFault fault) noexcept {
  base::Loop loop;
  base::Timer timer(loop, [&] { commit_debug_fault(loop, fault); });
  timer.start_once(0);
  loop.run();
}

TEST(DebugFaultDeathTest, EachFaultKillsAProcessWithoutALastResort) {
  const testing::KilledBySignal aborted(SIGABRT);
  EXPECT_EXIT(commit_in_loop(DebugFault::kAbort), aborted, "");
  EXPECT_EXIT(commit_in_loop(DebugFault::kBadAlloc), aborted, "bad_alloc");
  EXPECT_EXIT(commit_in_loop(DebugFault::kEbadf), aborted, "");
  EXPECT_EXIT(commit_in_loop(DebugFault::kSegv), testing::KilledBySignal(SIGSEGV), "");
}

#endif

}  // namespace
}  // namespace supervisor
