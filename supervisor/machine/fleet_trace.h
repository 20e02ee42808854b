// What went into the services' machines lately: `birl trace`.
//
// Kept is every event that a ServiceMachine was stepped with, in its order, and behind it what the
// machine asked of the world and got at once: random bits, whether a group lives. Nothing else
// decides about a service, so whoever has the rules and a trace from the boot on can step the same
// machines again and comes to the same states (tests/sim/trace_replay.h does).
// Memory is bounded: the oldest go, and then a trace is no longer `complete`. Nor is it once rules
// have changed. Texts are cut; they are shown and decide nothing. Pure.
// Threads: the loop's. Owner: FleetMachine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "supervisor/machine/service_machine.h"

namespace supervisor {

struct TraceLimits {
  static constexpr std::size_t kEntries = 1024;
  static constexpr std::size_t kTextBytes = 200;
};

enum class TraceKind : std::uint8_t { kEvent, kRandom, kGroupAlive };

struct TraceEntry {
  TraceKind kind = TraceKind::kEvent;
  ServiceId service = 0;
  std::uint64_t now_ns = 0;  // monotonic
  ServiceEvent event;        // kEvent
  std::uint64_t answer = 0;  // others
};

/// By ServiceEventKind.
inline constexpr auto kServiceEventNames = std::to_array<std::string_view>(
    {"start", "stop", "restart", "run", "dependencies_met", "dependencies_blocked", "spawned",
     "spawn_failed", "exited", "ready", "unhealthy", "extend", "timer", "hook_done",
     "group_changed", "shutdown", "hurry", "stop_released", "main_pid"});
static_assert(kServiceEventNames.size() ==
              static_cast<std::size_t>(ServiceEventKind::kMainPid) + 1);

class FleetTrace {
 public:
  void add(ServiceId service, const ServiceEvent& event, std::uint64_t now_ns);
  void add_answer(TraceKind kind, std::uint64_t answer);
  /// Rules have changed: what comes cannot be understood from the rules at the boot.
  void set_incomplete() { complete_ = false; }

  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] const std::deque<TraceEntry>& entries() const { return entries_; }

 private:
  void push(TraceEntry entry);

  std::deque<TraceEntry> entries_;
  bool complete_ = true;
};

}  // namespace supervisor
