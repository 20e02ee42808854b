// All services of a container: boot, the end, and which exit code it has. No system call, no clock.
//
// States: (init →) running → stopping → stopped. The scripts of three directories run around the
// services (stage_machine.h; fleet_stages.cpp): init before any service starts, before_stop while
// they still answer, finish when all are down. The fleet leaves `running` when it is told to
// (request_shutdown, a stop signal), when a primary has ended for good, or when a restart_limit
// with then = "shutdown" is reached. Without a primary it goes on even when every service has ended
// for good: somebody may start one by hand, and a container that only collects logs has no service
// at all. A primary stopped by the operator does not end it either (it can be started again).
//
// The end has one budget, shutdown_timeout, from the request on:
//
//   request ............. stop deadline           give-up                finish's       budget
//   │─ before_stop ─│─ stop ─│─ KILL of the rest ────│─ finish scripts ─────│─ all_stopped ─│
//   0         at most half   budget − reserve   + min(reserve / 2, 1 s)   budget − reserve / 2
//
// The reserve, a quarter but at most 5 s, belongs to finish scripts and to flushing logs; nothing
// waits for its time when all before it are done. All services stop in parallel; a service's own
// timeout may be shorter and is cut to the stop deadline. A stop in the middle of init ends its
// script; then nothing has started, so before_stop is left out, and finish runs. all_stopped comes
// as soon as all are at rest; at give-up even if the kernel holds a killed process (it is counted
// as left behind), since the container's end must not hang on it. A second request hurries: KILL
// for all services and scripts at once; finish scripts that have not begun get what the kernel got
// to end the killed, at most 1 s.
//
// Order (dependency_graph.h). A service that is `waiting` starts when nothing is in its way any
// more:
//   - what it depends on is on the way up or down (waiting, starting, a oneshot that runs,
//     stopping, also when only its on_exit still runs): it waits;
//   - what it depends on is down (stopped, failed, in back-off, or waiting for such a one): it
//     waits if it requires that, and tells why; else it starts, for it was promised an order only;
//   - what it depends on is ready, or done: nothing.
// Who was ready once and crashes does not disturb those who depend on it. One that is stopped, or
// has failed for good, takes down all that require it, at second hand too; a primary that goes down
// so after a failure ends the container, with the code of the one that has failed.
// Stops go in the reverse order: the stop of a service is held while any that depends on it, also
// at second hand over one that is done, is still stopping; its stop.command waits with it. A
// oneshot that is done and has one counts as up, for there is something to undo. At a shutdown each
// link of such a chain keeps a share of the budget for the links below it, so that they are asked
// before they are killed.
//
// Change (fleet_change.cpp). A configuration that was read again may add services, remove some and
// give others new rules. Who is removed is stopped, in the order of stops, and is then nobody's:
// its id is free for a service that is added later. Who is to be restarted ends by its old rules
// and starts by the new ones.
//
// Schedules. A scheduled service that is wanted is `waiting`; nobody waits for it: to those that
// depend on it, it is up. When its time comes it waits for what it depends on itself, and runs. A
// run that is due while the last one is not over is skipped or queued.
//
// Exit code: what decided first. A primary that ended (also while being stopped: 143 if it died of
// the TERM), the code of an explicit request, the last code of a service whose restart_limit ended
// the container, the code of the init script whose failure did. Nothing decided: the last exit of a
// primary stopped earlier, else 0. Then [birl] exit_code replaces it, or exit_code_map maps it; a
// code asked for explicitly is literal. A failed finish script (with on_failure = "abort") makes
// its own code of a 0.
//
// Inputs may come from inside an effect: they are queued and handled in order.
// Threads: the loop's thread only. Owner: PID 1's init, or a simulation.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supervisor/machine/check_machine.h"
#include "supervisor/machine/fleet_snapshot.h"
#include "supervisor/machine/fleet_trace.h"
#include "supervisor/machine/service_machine.h"
#include "supervisor/machine/stage_machine.h"

namespace supervisor {

/// By StageKind; unset: there is no such stage.
using StageSet = std::array<std::optional<StageRules>, kStageNames.size()>;

struct FleetRules {
  std::uint64_t shutdown_timeout_ns = 9 * base::kNsPerSecond;
  std::optional<std::int32_t> exit_code;              // unset: the primary's
  std::map<std::string, std::int32_t> exit_code_map;  // keys are decimal
  StageSet stages;
};
[[nodiscard]] FleetRules make_fleet_rules(const BirlConfig& config);
[[nodiscard]] StageSet make_stage_rules(const InitConfig& init, const FinishConfig& finish);

enum class FleetState : std::uint8_t { kInit, kRunning, kStopping, kStopped };

struct ShutdownRequest {
  std::optional<std::int32_t> exit_code = std::nullopt;  // end with this, whatever primaries do
  int primary_signal = 0;   // primaries get it instead of their stop signal; 0: theirs
  std::string reason = {};  // for people: "TERM", "birl shutdown"
};

/// What a configuration that was read again makes of the fleet.
struct FleetChange {
  struct Service {
    ServiceId id = 0;
    ServiceRules rules;
  };
  FleetRules rules;  // `stages`: those that have not begun take them
  std::vector<Service> updated;
  std::vector<Service> restarted;
  /// With an id that free_id() gave, or the next one behind all.
  std::vector<Service> added;
  std::vector<ServiceId> removed;
};

/// What the fleet asks of PID 1, above what its services do.
class FleetPort : public ServicePort, public CheckPort {
 public:
  [[nodiscard]] virtual StagePort& stages() = 0;
  /// Its checks fail; what follows, follows.
  virtual void became_unhealthy(ServiceId service, std::string_view reason) = 0;
  [[nodiscard]] virtual std::uint64_t realtime_ns() = 0;  // unix time; it may jump
  /// When schedules are looked at next: after `delay_ns`, at `realtime_ns` or when the wall clock
  /// was set, whatever comes first; both replace the former ones. Fires into on_schedule_timer.
  virtual void start_schedule_timer(std::optional<std::uint64_t> delay_ns,
                                    std::optional<std::uint64_t> realtime_ns) = 0;
  /// A run of its schedule was skipped or missed, for people: "skipped a run: ...".
  virtual void run_not_made(ServiceId service, std::string_view why) = 0;
  /// One timer; a new one replaces it. Fires into on_fleet_timer.
  virtual void start_fleet_timer(std::uint64_t delay_ns, std::uint64_t generation) = 0;
  virtual void cancel_fleet_timer() = 0;
  /// `deadline_ns`: when all services have to be gone.
  virtual void shutdown_began(std::string_view reason, std::uint64_t deadline_ns) = 0;
  /// The last effect of all. `left_behind`: killed services that the kernel has not ended.
  virtual void all_stopped(int exit_code, std::size_t left_behind) = 0;
};

class FleetMachine final : private ServicePort {
 public:
  /// `port` is borrowed and must outlive the fleet.
  FleetMachine(FleetRules rules, std::vector<ServiceRules> services, FleetPort& port);
  FleetMachine(const FleetMachine&) = delete;
  FleetMachine& operator=(const FleetMachine&) = delete;

  /// Runs the init scripts, then starts all services with start = "boot", and what they want or
  /// require.
  void boot(std::uint64_t now_ns);
  /// The first one begins the shutdown, a second one hurries it.
  void request_shutdown(const ShutdownRequest& request, std::uint64_t now_ns);

  // What the world reports.
  void on_spawned(ServiceId service, std::uint32_t incarnation, pid_t pid, std::uint64_t now_ns);
  /// `exit_code`: 127 not found, 126 anything else. `reason` is shown: "cannot start nginx: ...".
  void on_spawn_failed(ServiceId service, std::uint32_t incarnation, int exit_code,
                       std::string reason, std::uint64_t now_ns);
  /// Whether `pid` is a service's process. False: an orphan, or a child of something else.
  bool on_child_exited(pid_t pid, const ExitStatus& exit, std::uint64_t now_ns);
  /// After a round of reaping: groups that linger may be gone. Cheap when none does.
  void on_reaped(std::uint64_t now_ns);
  void on_ready(ServiceId service, std::uint64_t now_ns);
  /// Another process of the service is its main one: `pid`, alive, in `group`.
  void on_main_pid(ServiceId service, pid_t pid, pid_t group, std::uint64_t now_ns);
  void on_hook_done(ServiceId service, HookKind hook, std::uint64_t now_ns);
  void on_timer(ServiceId service, std::uint64_t generation, std::uint64_t now_ns);
  void on_stage_listed(StageKind kind, std::vector<std::string> names, std::uint64_t now_ns);
  void on_stage_list_failed(StageKind kind, std::string_view reason, std::uint64_t now_ns);
  void on_script_started(StageKind kind, pid_t pid);
  void on_script_start_failed(StageKind kind, int exit_code, std::string_view reason,
                              std::uint64_t now_ns);
  void on_stage_timer(StageKind kind, std::uint64_t generation, std::uint64_t now_ns);
  /// Whether `pid` is a stage's script.
  bool on_script_exited(pid_t pid, const ExitStatus& exit, std::uint64_t now_ns);
  /// Of the check `number`; `failure`: why it failed, empty: it passed.
  void on_checked(ServiceId service, std::uint64_t number, const std::string& failure,
                  std::uint64_t now_ns);
  void on_check_timer(ServiceId service, std::uint64_t number, std::uint64_t now_ns);
  void on_watchdog(ServiceId service, std::uint64_t now_ns);
  /// It says how often on_watchdog() will come; kept between 10 ms and a day.
  void on_watchdog_interval(ServiceId service, std::uint64_t interval_ns, std::uint64_t now_ns);
  /// The service says that its watchdog ran out.
  void on_watchdog_trigger(ServiceId service, std::uint64_t now_ns);
  /// Its start or stop under way may last `more_ns` from now.
  void on_extend(ServiceId service, std::uint64_t more_ns, std::uint64_t now_ns);
  void on_fleet_timer(std::uint64_t generation, std::uint64_t now_ns);
  void on_schedule_timer(std::uint64_t now_ns);

  // The operator's commands. They return when the request is taken, not when it is fulfilled. A
  // service that is where it is wanted is left alone. To start one is to start what it wants and
  // requires; to stop one is to stop what requires it; a restart leaves the others alone. A
  // scheduled service that is started or restarted runs now.
  [[nodiscard]] base::Result<void> start(std::string_view name, std::uint64_t now_ns);
  [[nodiscard]] base::Result<void> stop(std::string_view name, std::uint64_t now_ns);
  [[nodiscard]] base::Result<void> restart(std::string_view name, std::uint64_t now_ns);

  /// kUnavailable outside `running`. Services stop and start behind it, by events as always.
  [[nodiscard]] base::Result<void> change(FleetChange change, std::uint64_t now_ns);
  /// It was removed: no name finds it, and nothing starts it.
  [[nodiscard]] bool is_removed(ServiceId id) const { return removed_[id]; }
  /// The id that a service of this name takes when it is added: its former one, or that of any
  /// service that was removed and rests; nullopt: it needs a new one. `taken`: not these.
  [[nodiscard]] std::optional<ServiceId> free_id(std::string_view name,
                                                 const std::vector<ServiceId>& taken) const;

  // For a live upgrade (fleet_snapshot.cpp).
  /// Only while it is `running`, and not from inside an effect.
  [[nodiscard]] FleetSnapshot snapshot() const;
  /// Instead of boot(), of a fleet that was just made. `next_rules`: by ServiceId; counts where the
  /// service has rules for its next start. No effect is asked for.
  void restore(const FleetSnapshot& snapshot, std::vector<ServiceRules> next_rules);
  /// Then, when effects work: starts the timers and takes up what waits.
  void resume(std::uint64_t now_ns);

  [[nodiscard]] FleetState state() const { return state_; }
  [[nodiscard]] std::size_t service_count() const { return services_.size(); }
  [[nodiscard]] const ServiceMachine& service(ServiceId id) const { return *services_[id]; }
  [[nodiscard]] const CheckMachine& checks(ServiceId id) const { return checks_[id]; }
  [[nodiscard]] const ScheduleMachine& schedule(ServiceId id) const { return schedules_[id]; }
  [[nodiscard]] const DependencyGraph& graph() const { return graph_; }
  [[nodiscard]] const FleetTrace& trace() const { return trace_; }
  [[nodiscard]] std::optional<ServiceId> find(std::string_view name) const;
  [[nodiscard]] std::optional<ServiceId> find_by_pid(pid_t pid) const;
  /// The first primary; signals are forwarded to it.
  [[nodiscard]] std::optional<ServiceId> first_primary() const;

 private:
  struct Input {
    ServiceId service;
    ServiceEvent event;
    std::uint64_t now_ns;
  };
  /// The end's steps, in their order.
  enum class StopStep : std::uint8_t { kNone, kInit, kBeforeStop, kServices, kFinish };
  enum class DecidedBy : std::uint8_t { kNobody, kService, kRequest };

  // ServicePort, from the machines: passed on to port_, and listened to.
  void spawn(ServiceId service, std::uint32_t incarnation) override;
  void abandon_spawn(ServiceId service) override;
  void signal(ServiceId service, pid_t pid, int signal, StopTo target) override;
  void kill_group(ServiceId service, pid_t group) override;
  bool group_alive(pid_t group) override;
  void run_hook(ServiceId service, HookKind hook, std::string_view reason) override;
  void abandon_hook(ServiceId service, HookKind hook) override;
  void start_timer(ServiceId service, std::uint64_t delay_ns, const ServiceTimer& timer) override;
  void cancel_timer(ServiceId service) override;
  std::uint64_t random() override;
  void state_changed(ServiceId service, const StateChange& change) override;
  void ended_for_good(ServiceId service, const Ending& ending) override;

  // Order (fleet_order.cpp).
  struct Obstacle {
    bool down = false;   // it does not go by itself
    std::string reason;  // empty: there is none
  };
  [[nodiscard]] DependencyGraph make_graph() const;
  [[nodiscard]] Obstacle find_obstacle(const Dependency& dependency,
                                       const std::vector<Obstacle>& obstacles) const;
  [[nodiscard]] Obstacle find_obstacle(ServiceId waiting,
                                       const std::vector<Obstacle>& obstacles) const;
  bool review();
  void review_waiting();
  void review_held();
  void start_with_dependencies(ServiceId service, std::uint64_t now_ns);
  void restart_with_dependencies(ServiceId service, std::uint64_t now_ns);
  bool stop_dependents(ServiceId service, std::string_view why, std::uint64_t now_ns);
  void on_failed_for_good(ServiceId service, const ExitStatus& exit);
  [[nodiscard]] bool has_dependent_to_stop(ServiceId service) const;
  [[nodiscard]] std::vector<std::uint64_t> stop_deadlines(std::uint64_t deadline_ns,
                                                          std::uint64_t now_ns) const;

  // Change (fleet_change.cpp).
  void add_service(ServiceId id, ServiceRules rules);
  void change_rules(FleetRules rules);
  void change_services(FleetChange& change);
  void follow_change(const FleetChange& change);
  void update(ServiceId id, ServiceRules rules);
  void restart_changed(ServiceId id);

  // Checks (fleet_checks.cpp).
  void pursue_checks(ServiceId service, std::uint64_t now_ns);
  void act_on(ServiceId service, CheckVerdict verdict, std::uint64_t now_ns);
  void on_unhealthy(ServiceId service, const std::string& why, std::uint64_t now_ns);

  // Schedules (fleet_schedule.cpp).
  [[nodiscard]] ClockReading read_clocks(std::uint64_t now_ns);
  void pursue_schedule(ServiceId service, std::uint64_t now_ns);
  void set_schedule(ServiceId service, const ServiceRules& rules);
  void make_run(ServiceId service, std::uint64_t now_ns);
  void start_schedule_timer(std::uint64_t now_ns);

  void post(ServiceId service, ServiceEvent event, std::uint64_t now_ns);
  void post_all(const ServiceEvent& event, std::uint64_t now_ns);
  void drain();
  void handle(Input input);
  void begin_shutdown(const ShutdownRequest& request, std::uint64_t now_ns);
  void stop_services();
  void hurry(std::uint64_t now_ns);
  void start_give_up_timer(std::uint64_t due_ns, std::uint64_t now_ns);

  // Stages (fleet_stages.cpp).
  [[nodiscard]] std::optional<StageMachine>& stage(StageKind kind);
  void start_services();
  void follow_stages();
  void on_init_ended(const StageMachine& init);
  void begin_stop_steps();
  void begin_finish();
  void hurry_stages();

  void finish();
  void decide(DecidedBy by, std::int32_t exit_code);
  [[nodiscard]] int final_exit_code() const;
  [[nodiscard]] std::int32_t stopped_code() const;
  [[nodiscard]] std::size_t unrested_count() const;
  [[nodiscard]] base::Result<ServiceId> find_for(std::string_view verb,
                                                 std::string_view name) const;

  FleetRules rules_;
  FleetPort& port_;
  DependencyGraph graph_;
  std::vector<std::unique_ptr<ServiceMachine>> services_;
  std::vector<CheckMachine> checks_;        // by ServiceId
  std::vector<ScheduleMachine> schedules_;  // by ServiceId
  std::vector<bool> removed_;               // by ServiceId
  /// What start_schedule_timer was last asked for.
  std::optional<std::uint64_t> schedule_due_ns_;
  std::optional<std::uint64_t> schedule_realtime_ns_;
  std::array<std::optional<StageMachine>, kStageNames.size()> stages_;
  FleetState state_ = FleetState::kRunning;
  StopStep step_ = StopStep::kNone;
  bool services_started_ = false;
  int primary_signal_ = 0;  // of the request that began the end
  std::uint64_t services_deadline_ns_ = 0;
  std::uint64_t finish_deadline_ns_ = 0;
  FleetTrace trace_;
  std::deque<Input> inputs_;
  bool draining_ = false;
  bool moved_ = false;        // a service changed its state since the last review
  std::uint64_t now_ns_ = 0;  // of the input being handled
  std::uint64_t give_up_ns_ = 0;
  std::uint64_t timer_generation_ = 0;
  DecidedBy decided_by_ = DecidedBy::kNobody;
  std::int32_t decided_code_ = 0;
};

}  // namespace supervisor
