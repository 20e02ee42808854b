// The static data of last_resort: what it knows when nothing else can be trusted.
//
// An entry is free when its pid is 0. The pid is stored last and cleared first, so that a handler
// that interrupts a writer sees a whole entry or none. Everything is constant-initialized: there is
// no moment at which it does not exist.
// Threads: one writer, the loop's thread; read by a handler that interrupts it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "supervisor/process/last_resort.h"

namespace supervisor {

struct LastResortEntry {
  std::atomic<pid_t> pid{0};
  std::atomic<LastResortRole> role{LastResortRole::kService};
  std::atomic<int> stop_signal{0};
  std::atomic<bool> stop_group{false};
};

struct LastResortData {
  std::atomic<int> exit_code{kLastResortExitCode};
  std::atomic<std::uint32_t> grace_ms{0};
  std::atomic<std::uint32_t> flush_ms{0};
  std::atomic<int> message_fd{2};
  std::atomic<pid_t> owner{0};  // the process that installed; a fork of it has no say
};

extern LastResortData last_resort_data;
/// Apart from the rest and all zero, so that entries that are never used take no memory.
extern std::array<LastResortEntry, kLastResortChildrenMax> last_resort_entries;

/// Never returns: reaps, and ends the process as last_resort.h says. All signals are blocked.
[[noreturn]] void run_last_resort_loop() noexcept;

}  // namespace supervisor
