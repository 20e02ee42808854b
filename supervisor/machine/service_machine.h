// The life of one service: a state, an event, what follows. No system call, no clock.
//
//              start             dependencies met            spawned (and ready)
//   at rest ──────────▶ waiting ──────────────────▶ starting ───────────────────▶ running
//      ▲                 ▲    ▲                      │     │                       │   │
//      │                 │    │ timer                │     │ stop, restart         │   │
//      │                 │  backoff ◀─ not started, ─┤     │                       │   │
//      │                 │    ▲        stuck, died   │     ▼         stop, restart │   │
//      ├── all gone ─────┴────┼──────────────────────┼─ stopping ◀─────────────────┘   │
//      │   (a start was asked │                      │                                 │
//      │   for: waiting)      └─ died, to be restarted ────────────────────────────────┤
//      └──────────────────────── died or not started, for good (failed, done) ◀────────┘
//
// At rest are stopped (nobody wants it), failed and done (it ended for good, badly or well).
//
// Transitions have two phases, as in dinit: an event only *asks* for an effect (spawn, signal), and
// the state that promises the result is entered when another event confirms it. So a stop that
// comes while a spawn is under way is never lost: the state is `stopping`, the goal `down`, the
// child still `spawning`, and when it is confirmed it gets its signal at once.
//
// Three axes, of which only these combinations exist (check_invariants):
//   state               child                   timer
//   stopped failed done none                    none
//   waiting             none                    none (scheduled: also for its time)
//   starting            spawning                spawn
//                       alive (not ready)       ready, none without a ready.timeout
//   running             alive                   none, run with a timeout
//   stopping            spawning | alive | hook held: none, or stop at a shutdown's deadline
//                       spawning | alive        stop, none after the KILL
//                       lingering               linger: polls, up to the stop's deadline
//                       hook                    stop (stop.command) | hook (on_exit, sweep)
//   backoff             none                    backoff
//
// `hook` is no process of the service's own: stop.command, on_exit or the sweep runs, or will when
// released.
// A stop may be held: others depend on this service and are stopped first. It is `stopping` then
// (nothing restarts it), without a signal, until it is released; a shutdown's deadline stands.
// A stop sends the stop signal to the process or its group, and KILL to the group at the deadline:
// the request's time + stop.timeout, cut to the fleet's deadline at a shutdown. When the group was
// asked, the end of its leader (often just a shell, which dies of TERM at once) is not the end:
// `lingering` gives the others the time they were promised. When only the process was asked, its
// end ends the stop, and what is left of the group gets KILL.
// A crash sends KILL to what is left of the group at once, before any restart. A oneshot that
// succeeded keeps its group: leaving something behind may be what it is for.
// A start that is not ready in time, and a run that is unhealthy, are stopped like any other and
// are crashes when that is done: `stopping` with the reason, then back-off or an end for good. What
// became unhealthy is restarted whatever the policy says, since that is what health.then asks for.
// The operator's stop of a primary is no end for good: it can be started again, so the container
// goes on; `birl shutdown` ends it.
//
// Hooks (service_hooks.cpp) are part of the life: stop.command runs before the stop signal and
// within its deadline, of a held stop when it is released; a service whose process is gone
// meanwhile waits for it. on_exit runs after the end of every run, whatever ended it, and the
// service is `stopping` until it is done: only then does a crash lead to back-off, failed or done,
// and a stop to stopped. A hurry leaves on_exit out. A oneshot that is done and has a stop.command
// runs that when it is stopped.
//
// The main process may be another one than was started: a daemon that forks tells so (kMainPid).
// Its end is then the service's end, its group is what is asked and killed; the one that was
// started is killed with it while it lives, and its end means nothing. A stop by the operator or by
// a shutdown ends with a sweep, if rules.sweeps: processes that left the group (by setsid, by a
// double fork) are found and killed. It has a time of its own. A crash has none, so that the
// restart does not wait, and a hurry leaves it out.
//
// Scheduled services (service_schedule.cpp) are `waiting` between their runs, for their time, which
// is the fleet's to know (schedule_machine.h): kRun makes them due. After a run, well or not, they
// wait again: done and failed are not for them, unless restart_limit ends the container. Retries of
// a failed run (restart = "on-failure") belong to that run.
//
// Every event is legal in every state, late and repeated ones too: the switches in the source are
// total over the states, and each cell that does nothing says so. A process that nobody asked for
// (a spawn reported after it was abandoned) is killed.
// Threads: the loop's thread only. Owner: FleetMachine, or a test.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "supervisor/machine/restart_policy.h"
#include "supervisor/machine/service_port.h"
#include "supervisor/machine/service_rules.h"
#include "supervisor/machine/service_snapshot.h"

namespace supervisor {

enum class ServiceEventKind : std::uint8_t {
  kStart,                // the operator or the boot wants it up
  kStop,                 // down, for the reason `text`; `held`: with the signal later
  kRestart,              // down, then up
  kRun,                  // a scheduled one runs now; nothing for others
  kDependenciesMet,      // it may start
  kDependenciesBlocked,  // it may not, `text` says why
  kSpawned,              // `incarnation` is running as `pid`
  kSpawnFailed,          // `incarnation` could not be started: `exit`, `text`
  kExited,               // `pid` has ended: `exit`
  kReady,                // it is ready
  kUnhealthy,            // it does not work any more: `text`
  kExtend,               // it asks for a start or stop that may last until `deadline_ns`
  kTimer,                // the timer of `generation` fired
  kHookDone,             // `hook` has ended
  kGroupChanged,         // somebody was reaped: a lingering group may be gone
  kShutdown,             // the container ends: down until `deadline_ns`, no way back; or `held`
  kHurry,                // the operator is impatient: KILL
  kStopReleased,         // a held stop may go on
  kMainPid,              // from now on `pid`, in `group`, is its main process
};

struct ServiceEvent {
  ServiceEventKind kind = ServiceEventKind::kStart;
  pid_t pid = 0;
  pid_t group = 0;
  std::uint32_t incarnation = 0;
  ExitStatus exit = {};
  std::string text = {};
  std::uint64_t generation = 0;
  std::uint64_t deadline_ns = 0;
  HookKind hook = HookKind::kStop;
  int signal = 0;     // kShutdown: sent instead of the stop signal; 0: none
  bool held = false;  // kStop, kShutdown: others stop first, kStopReleased comes
};

enum class ChildPhase : std::uint8_t { kNone, kSpawning, kAlive, kLingering, kHook };

/// How the last stop went, for people who wonder what took so long.
struct StopReport {
  std::uint64_t took_ns = 0;
  bool killed = false;
};

class ServiceMachine {
 public:
  /// `port` is borrowed and must outlive the machine.
  ServiceMachine(ServiceId id, ServiceRules rules, ServicePort& port);

  /// Another service takes the place of this one, which is at rest. Numbers go on: what comes late
  /// from the former one is still known by them.
  void renew(ServiceRules rules);
  /// Other rules from now on. A timer that is set, a stop that was asked for go on by the old ones.
  void set_rules(ServiceRules rules);
  /// Other rules from the next start on: what runs now was started, and ends, by the old ones.
  void set_next_rules(ServiceRules rules);

  /// One event. The port must not call step() from inside an effect: queue, as the fleet does.
  void step(const ServiceEvent& event, std::uint64_t now_ns);

  [[nodiscard]] ServiceId id() const { return id_; }
  [[nodiscard]] const ServiceRules& rules() const { return rules_; }
  /// Those of the next start.
  [[nodiscard]] const ServiceRules& next_rules() const {
    return next_rules_ ? *next_rules_ : rules_;
  }
  [[nodiscard]] ServiceState state() const { return state_; }
  [[nodiscard]] ChildPhase child() const { return child_; }
  [[nodiscard]] bool at_rest() const { return is_at_rest(state_); }
  /// Scheduled, between two runs.
  [[nodiscard]] bool waits_for_its_time() const {
    return state_ == ServiceState::kWaiting && rules_.schedule && !due_;
  }
  /// It is up, or on its way there.
  [[nodiscard]] bool is_wanted() const {
    return !at_rest() && !(state_ == ServiceState::kStopping && goal_ == Goal::kDown);
  }
  /// The live process; 0 when there is none, while it is being spawned, and when it was reaped.
  [[nodiscard]] pid_t pid() const { return child_ == ChildPhase::kAlive ? pid_ : 0; }
  /// The process that was started, which has told that another is the main one; 0 when it is gone.
  [[nodiscard]] pid_t former_pid() const { return former_pid_; }
  [[nodiscard]] std::uint64_t since_ns() const { return since_ns_; }  // of the state
  [[nodiscard]] std::uint64_t restarts() const { return restarts_; }  // by policy, not by hand
  [[nodiscard]] std::uint32_t incarnation() const { return incarnation_; }  // spawns asked for
  [[nodiscard]] const std::optional<ExitStatus>& last_exit() const { return last_exit_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }  // of the state
  [[nodiscard]] const std::optional<ServiceTimer>& timer() const { return timer_; }
  [[nodiscard]] const std::optional<StopReport>& stop_report() const { return stop_report_; }
  /// A oneshot that ran to its end is undone by its stop command; not in a hurry.
  [[nodiscard]] bool has_something_to_undo() const;
  /// A stop would find something to do.
  [[nodiscard]] bool has_something_to_stop() const { return !at_rest() || has_something_to_undo(); }
  /// It stops, and others come first.
  [[nodiscard]] bool stop_held() const {
    return state_ == ServiceState::kStopping && stop_phase_ == StopPhase::kHeld;
  }

  /// For a live upgrade: all of it but the rules (service_snapshot.h), and a machine that was just
  /// made so again. `next_rules`: those of the next start, where it has any. No effect is asked
  /// for: a timer that it has is the caller's to start.
  [[nodiscard]] ServiceSnapshot snapshot() const;
  void restore(const ServiceSnapshot& snapshot, ServiceRules next_rules);
  /// The table above.
  [[nodiscard]] static bool is_possible(const ServicePhases& phases);

  /// ASSERTs the table above.
  void check_invariants() const;

 private:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  enum class Goal : std::uint8_t {
    kDown,
    kUp,      // a fresh start
    kCrash,   // as if it had crashed; the policy decides
    kReplace  // as if it had crashed, and a restart whatever the policy is
  };
  enum class StopPhase : std::uint8_t { kHeld, kAsked, kKilled };

  void dispatch(const ServiceEvent& event);
  void on_start();
  void on_stop(const ServiceEvent& event);
  void on_restart();
  void on_run();
  void on_dependencies_met();
  void on_dependencies_blocked(const ServiceEvent& event);
  void on_spawned(const ServiceEvent& event);
  void on_spawn_failed(const ServiceEvent& event);
  void on_exited(const ServiceEvent& event);
  void on_ready();
  void on_unhealthy(const ServiceEvent& event);
  void on_extend(const ServiceEvent& event);
  void on_timer(const ServiceEvent& event);
  void on_hook_done(const ServiceEvent& event);
  void on_group_changed();
  void on_shutdown(const ServiceEvent& event);
  void on_hurry();
  void on_stop_released();
  void on_main_pid(const ServiceEvent& event);

  // Starts and ends of runs.
  void begin_fresh();
  void begin_wait();
  void begin_spawn();
  void take_next_rules();
  void begin_running();
  void on_run_too_long();
  void rest_until_due(std::string reason);
  void on_spawn_stuck();
  [[nodiscard]] std::uint64_t spawn_limit_ns() const;
  void await_ready();
  void on_start_timer();
  void stop_as_crash(Goal goal, std::string reason);
  void end_run(const ExitStatus& exit, std::string reason);
  void conclude_run(const ExitStatus& exit, std::string reason);
  void follow_run(AfterRun after, const ExitStatus& exit, std::string reason);
  void follow_stopped_run();
  void end_for_good(ServiceState state, const ExitStatus& exit, std::string reason,
                    EndingEffect effect);
  void kill_stray(pid_t pid);

  // Stops (service_stop.cpp).
  void begin_stop(Goal goal_after, std::string reason_after);
  void hold_stop();
  void ask_to_stop();
  void send_stop_signal();
  void stop_new_main();
  /// A stop with a deadline that may still be moved.
  [[nodiscard]] bool is_being_asked() const {
    return stop_phase_ == StopPhase::kAsked && !exit_hook_runs_ && !sweep_runs_;
  }
  void arm_stop_timer();
  void cut_stop(std::uint64_t deadline_ns);
  void on_stop_timer();
  void on_leader_gone();
  void look_at_group();
  void kill_all();
  void kill_groups();
  void finish_stop();
  void settle_stop();

  // Hooks (service_hooks.cpp).
  void run_stop_command();
  [[nodiscard]] bool begin_sweep();
  void on_sweep_over();
  [[nodiscard]] bool begin_exit_hook(const std::string& reason);
  void on_exit_hook_over();
  [[nodiscard]] std::uint64_t exit_hook_left_ns() const;
  void drop_hooks();

  void restore_phases(const ServiceSnapshot& snapshot);
  void enter(ServiceState state, std::string reason, std::uint64_t delay_ns = 0);
  void start_timer(TimerKind kind, std::uint64_t delay_ns);
  void cancel_timer();

  ServiceId id_;
  ServiceRules rules_;
  std::optional<ServiceRules> next_rules_;
  ServicePort& port_;

  ServiceState state_ = ServiceState::kStopped;
  Goal goal_ = Goal::kDown;  // what `stopping` leads to
  ChildPhase child_ = ChildPhase::kNone;
  bool due_ = false;          // a scheduled run is wanted, or under way
  bool ready_early_ = false;  // it was ready before its spawn was confirmed
  StopPhase stop_phase_ = StopPhase::kAsked;
  pid_t pid_ = 0;
  pid_t group_ = 0;       // of pid_, its leader most often; kept while the group lingers
  pid_t former_pid_ = 0;  // the leader of another group, until it ends or the service does
  std::uint32_t incarnation_ = 0;
  std::uint64_t now_ns_ = 0;  // of the event being stepped
  std::uint64_t since_ns_ = 0;
  std::uint64_t start_began_ns_ = 0;
  std::uint64_t run_began_ns_ = 0;
  std::uint64_t stop_deadline_ns_ = 0;
  std::string stop_reason_;  // of `stopped`, when the stop leads there
  std::uint64_t shutdown_deadline_ns_ = kNever;
  int shutdown_signal_ = 0;
  std::uint64_t stop_began_ns_ = 0;
  bool hurried_ = false;
  bool stop_command_runs_ = false;
  bool exit_hook_runs_ = false;
  bool sweep_runs_ = false;
  bool sweep_due_ = false;      // a process ran that may have left others behind
  bool exit_hook_due_ = false;  // a process ran whose end no hook was told yet
  /// A run that ended by itself; what follows is decided when on_exit is done.
  struct PendingEnd {
    ExitStatus exit;
    std::string reason;
  };
  std::optional<PendingEnd> pending_end_;
  struct MainPid {
    pid_t pid;
    pid_t group;
  };
  std::optional<MainPid> early_main_pid_;  // told before its spawn was confirmed
  std::optional<StopReport> stop_report_;
  std::uint64_t restarts_ = 0;
  std::optional<ExitStatus> last_exit_;
  std::string reason_;
  std::optional<ServiceTimer> timer_;
  std::uint64_t timer_generation_ = 0;
  Backoff backoff_;
  RestartWindow window_;
};

}  // namespace supervisor
