// What a seed stands for: services with their rules and their habits, and what the operator does.
// The processes' own scripts are drawn at each spawn from the same seed's stream.
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "supervisor/machine/fleet_machine.h"
#include "tests/sim/sim_random.h"

namespace sim {

inline constexpr std::uint64_t kMs = base::kNsPerMs;
inline constexpr std::uint64_t kQuietFromNs = 6'000 * kMs;  // the operator's last action is before
inline constexpr std::uint64_t kHorizonNs = 12'000 * kMs;   // then the container is told to stop

inline constexpr std::uint64_t kWallAtBootNs = 1'774'745'994'000 * kMs;  // 6 s to Berlin's summer

// How exact the simulated world is; the deadlines' slack is their sum.
inline constexpr std::uint64_t kTimerLateMaxNs = 1 * kMs;
inline constexpr std::uint64_t kKillTakesMaxNs = 2 * kMs;
inline constexpr std::uint64_t kReapTakesMaxNs = 1 * kMs;
inline constexpr std::uint64_t kSlackNs = kTimerLateMaxNs + kKillTakesMaxNs + kReapTakesMaxNs;

enum class SpawnFate : std::uint8_t { kStarts, kFails, kFailsAtOnce, kHangs };

/// What one process is going to do.
struct ProcessScript {
  SpawnFate fate = SpawnFate::kStarts;
  std::uint64_t spawn_takes_ns = 0;
  int spawn_exit_code = 127;
  std::optional<std::uint64_t> lives_ns;  // nullopt: until it is stopped
  supervisor::ExitStatus ending;          // of its own accord
  bool ignores_stop = false;
  bool held_by_kernel = false;  // not even KILL ends it (a dead mount)
  std::uint64_t stop_takes_ns = 0;
  std::optional<int> stop_exit_code;  // nullopt: it dies of the signal
  std::uint64_t helpers = 0;          // processes forked into its group
  bool helpers_ignore_stop = false;
  std::uint64_t helpers_stop_takes_ns = 0;
  std::optional<std::uint64_t> ready_after_ns;
  std::optional<std::uint64_t> hands_over_after_ns;  // then another one, of its own group, is main
  std::optional<std::uint64_t> leaves_after_ns;      // having handed over; nullopt: it stays
};

/// Chances in percent of what a service's processes do.
struct Habits {
  std::uint64_t fails_to_spawn = 0;
  std::uint64_t hangs_in_spawn = 0;
  std::uint64_t ends_by_itself = 0;
  std::uint64_t ends_well = 0;
  std::uint64_t ignores_stop = 0;
  std::uint64_t has_helpers = 0;
  std::uint64_t fails_checks = 0;
  std::uint64_t hands_over = 0;
};

/// kReload: the configuration was read again; `service` is gone from it, back in it, or changed,
/// and `other` has rules that are no news.
/// kSetClock: the wall clock jumps by up to two days, forwards or back.
enum class ActionKind : std::uint8_t {
  kStart,
  kStop,
  kRestart,
  kReload,
  kSetClock,
  kUpgrade,
  kShutdown
};

struct Action {
  std::uint64_t at_ns = 0;
  ActionKind kind = ActionKind::kStart;
  supervisor::ServiceId service = 0;
  supervisor::ServiceId other = 0;                       // kReload
  std::optional<std::int32_t> exit_code = std::nullopt;  // kShutdown
  std::uint64_t wall_ahead_ns = 0;                       // kSetClock
};

struct Scenario {
  supervisor::FleetRules fleet;
  std::vector<supervisor::ServiceRules> services;
  std::vector<Habits> habits;  // of each service
  std::vector<Action> actions;
};

[[nodiscard]] Scenario make_scenario(Random& random);
[[nodiscard]] ProcessScript make_script(const Habits& habits, Random& random);

}  // namespace sim
