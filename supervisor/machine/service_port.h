// The effects that a service machine asks for: its only way to touch the world.
//
// Two real implementations: PID 1's over libuv and the process room, and the simulation's.
// Effects are requests; their outcome comes back later as an event. What the implementation owes:
//   - spawn() is answered by exactly one kSpawned or kSpawnFailed with the same incarnation, unless
//     abandon_spawn() came first: then by none, and the child is killed if there is one.
//   - That answer comes before the kExited of the process. (A child that is gone before its exec
//     report was read: read the report first.)
//   - An exit is reported right after the reaping, before anything else is started, so that within
//     that event the number of the child's group cannot belong to a stranger yet.
//   - A timer that was cancelled or replaced may still fire; its generation tells.
// Failures of signals (the process is gone) are no news: its exit is reported anyway.
// Threads: the loop's thread only.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/config/config.h"
#include "supervisor/machine/dependency_graph.h"
#include "supervisor/machine/exit_status.h"

namespace supervisor {

enum class ServiceState : std::uint8_t {
  kStopped,   // nobody wants it
  kWaiting,   // wanted; other services come first
  kStarting,  // being spawned, or spawned and not ready
  kRunning,
  kStopping,  // asked to end; its process or its group still lives
  kBackoff,   // ended or could not be started; waits for its restart
  kFailed,    // ended for good, badly
  kDone,      // ended for good, well
};
inline constexpr std::array<std::string_view, 8> kServiceStateNames{
    "stopped", "waiting", "starting", "running", "stopping", "backoff", "failed", "done"};
[[nodiscard]] constexpr std::string_view service_state_name(ServiceState state) {
  return kServiceStateNames[static_cast<std::size_t>(state)];
}
/// Nothing moves any more until somebody starts it.
[[nodiscard]] bool is_at_rest(ServiceState state);

enum class TimerKind : std::uint8_t {
  kBackoff,  // the next start
  kSpawn,    // the start counts as stuck
  kReady,    // the start has taken too long
  kStop,     // the KILL
  kLinger,   // look again whether the group is gone
  kHook,     // on_exit, or the sweep, has had its time
  kRun,      // the run has taken too long
};

/// What a service's life waits for.
enum class HookKind : std::uint8_t {
  kStop,   // stop.command, before the stop signal
  kExit,   // on_exit, before the service counts as gone
  kSweep,  // processes that have left its group are found and killed
};
inline constexpr auto kHookNames =
    std::to_array<std::string_view>({"stop.command", "on_exit", "sweep"});
static_assert(kHookNames.size() == static_cast<std::size_t>(HookKind::kSweep) + 1);

/// A service has at most one timer at a time; a new one replaces it.
struct ServiceTimer {
  TimerKind kind = TimerKind::kBackoff;
  std::uint64_t generation = 0;
  std::uint64_t due_ns = 0;
};

struct StateChange {
  ServiceState from = ServiceState::kStopped;
  ServiceState to = ServiceState::kStopped;
  std::string_view reason;     // of `to`; may be empty; valid during the call
  std::uint64_t delay_ns = 0;  // kBackoff: until the next start
};

enum class EndingEffect : std::uint8_t { kNone, kShutdown };

/// A service came to its end for good (failed or done) by itself.
struct Ending {
  ExitStatus exit;
  EndingEffect effect = EndingEffect::kNone;  // kShutdown: restart_limit.then asks for it
};

class ServicePort {
 public:
  virtual ~ServicePort() = default;

  /// Starts its command. Incarnations count from 1.
  virtual void spawn(ServiceId service, std::uint32_t incarnation) = 0;
  /// Gives up on the spawn under way: KILL for its child, and no event about it any more.
  virtual void abandon_spawn(ServiceId service) = 0;
  /// `target`: the process `pid`, or the group that it leads.
  virtual void signal(ServiceId service, pid_t pid, int signal, StopTo target) = 0;
  /// KILL for all of the group `group`; its leader may be gone.
  virtual void kill_group(ServiceId service, pid_t group) = 0;
  /// Whether any process, zombies counted, is in it: kill(-group, 0) is no ESRCH.
  [[nodiscard]] virtual bool group_alive(pid_t group) = 0;
  /// Runs a hook; answered by one kHookDone, however it ended, unless abandoned. `reason`: how the
  /// run ended, for kExit.
  virtual void run_hook(ServiceId service, HookKind hook, std::string_view reason) = 0;
  /// KILL for it, and no event about it any more.
  virtual void abandon_hook(ServiceId service, HookKind hook) = 0;
  virtual void start_timer(ServiceId service, std::uint64_t delay_ns,
                           const ServiceTimer& timer) = 0;
  virtual void cancel_timer(ServiceId service) = 0;
  [[nodiscard]] virtual std::uint64_t random() = 0;  // 64 bits, for jitter

  /// The machine is in its new state already.
  virtual void state_changed(ServiceId service, const StateChange& change) = 0;
  /// Follows the state_changed to failed or done.
  virtual void ended_for_good(ServiceId service, const Ending& ending) = 0;
};

}  // namespace supervisor
