// What PID 1 does instead of dying: it stays alive for its services, without any of its own code.
//
// When PID 1 ends, the kernel kills the whole container. So a failed check, an abort() in a
// library, a fault, an uncaught exception do not end the process: a handler on a stack of its own
// enters a loop that never returns. It uses raw system calls and static data only, since nothing
// else can be trusted any more. It:
//   - writes one line, then reaps children for ever; services live on, nothing is restarted;
//   - on TERM, INT or QUIT, or when a primary ends, or no service is left: sends every service its
//     stop signal, waits `grace_ms` (a second signal: no longer), KILLs, gives the router
//     `flush_ms` to write what it has, and exits with the primary's code.
// A fault signal that another process sends us by kill() is none: it goes to the primary.
//
// The static table below must be kept up to date with every start and end of a child; its writers
// are safe against a handler that interrupts them anywhere. Children are untouched: the spawner
// resets their handlers. Not installed under sanitizers, which need the fault signals themselves.
// Threads: written by the loop's thread only. The table is process-wide by nature (a signal handler
// has no other way to reach it), the one exception to "no mutable globals".
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include <vector>

#include "base/result.h"

namespace supervisor {

enum class LastResortRole : std::uint8_t {
  kService,
  kPrimary,  // its end stops the container
  kRouter,   // stopped last, so that it writes what the services said
};

struct LastResortChild {
  pid_t pid = 0;
  LastResortRole role = LastResortRole::kService;
  int stop_signal = 15;
  bool stop_group = false;  // the stop signal goes to the group; KILL always does
};

struct LastResortSettings {
  std::uint32_t grace_ms = 7000;
  std::uint32_t flush_ms = 2000;
  int message_fd = 2;  // written to only when it would not block
};

inline constexpr std::size_t kLastResortChildrenMax = 4096;
/// The exit code when no primary has ended and none was told: an internal error (sysexits.h).
inline constexpr int kLastResortExitCode = 70;

/// Sets up the alternate stack and the handlers; call it before the loop, again to change settings.
[[nodiscard]] base::Result<void> last_resort_install(const LastResortSettings& settings);

/// A child was started. kLimit when the table is full (as PID 1 the final KILL still finds it).
[[nodiscard]] base::Result<void> last_resort_add(const LastResortChild& child);
/// A child was reaped; unknown pids (orphans) are fine. Before anything else may reuse the pid.
void last_resort_remove(pid_t pid);
/// All that were added and not removed, and the code below: for a live upgrade.
[[nodiscard]] std::vector<LastResortChild> last_resort_children();
[[nodiscard]] int last_resort_exit_code();
/// The code to end with if no primary ends from now on: the last one of a primary, or 0 when there
/// is none.
void last_resort_set_exit_code(int code);

/// Never returns. Enters the loop from our own code; blocks all signals.
[[noreturn]] void last_resort_enter(const char* reason) noexcept;

}  // namespace supervisor
