// A debugging hook that kills the process with SIGKILL at a named step, to prove that what it left
// behind can be recovered. Off unless BIRL_DEBUG_CRASH is set; then one branch a step otherwise.
//
//     BIRL_DEBUG_CRASH=NAME:N       at the N-th time this process passes NAME
//     BIRL_DEBUG_CRASH=*:N          at every point with probability 1/N (seeded by the pid)
//     BIRL_DEBUG_CRASH=PREFIX*:N    the same, for the points whose names begin so
//
// Names are "room.step": intake.spliced, file.wrote, rotate.renamed, ... The one mutable global of
// the project: a step deep in the hot path has no other way to know, and a release binary must be
// testable. Threads: any.
#pragma once

#include <atomic>

namespace base {

namespace crash_point_detail {
extern std::atomic<bool> armed;
void pass(const char* name) noexcept;
}  // namespace crash_point_detail

/// Reads BIRL_DEBUG_CRASH; called once at the start of main.
void arm_crash_points();

inline void crash_point(const char* name) noexcept {
  if (__builtin_expect(crash_point_detail::armed.load(std::memory_order_relaxed), 0)) {
    crash_point_detail::pass(name);
  }
}

}  // namespace base
