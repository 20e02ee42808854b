// ASSERT: a check of our own invariants that is always on.
//
// Never for input or the environment: those are errors (result.h). A failed check writes one line
// to standard error with a raw system call and calls abort(); what abort() means is the process's
// own policy: the router dies and is restarted, PID 1 enters last_resort (supervisor/process).
// Threads: any. Async-signal-safe.
#pragma once

namespace base {

[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace base

#define ASSERT(expression)                            \
  (__builtin_expect(static_cast<bool>(expression), 1) \
       ? static_cast<void>(0)                         \
       : ::base::check_failed(#expression, __FILE__, __LINE__))
