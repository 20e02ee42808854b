// The world around a fleet: a clock that jumps from happening to happening, a process table, and
// the fleet's port on top of both. It does what Linux and PID 1's glue would do, as late and as
// unkindly as they may: timers fire late and after they were cancelled, exits are noticed late,
// groups outlive their leaders, a killed process may stay in the kernel.
//
// Pids are never used twice, so a signal to a number that is free is noticed (the checker's rule).
// Threads: one. Owner: run_seed().
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "supervisor/machine/fleet_machine.h"
#include "tests/sim/sim_checker.h"
#include "tests/sim/sim_scenario.h"

namespace sim {

/// The scenarios have no stages: whatever one asks for is a failure.
class NoStages final : public supervisor::StagePort {
 public:
  using StageKind = supervisor::StageKind;
  explicit NoStages(Checker& checker) : checker_(checker) {}

  void list_scripts(StageKind /*stage*/) override { refuse(); }
  void start_script(StageKind /*stage*/, std::size_t /*index*/) override { refuse(); }
  void abandon(StageKind /*stage*/) override { refuse(); }
  void signal_group(StageKind /*stage*/, pid_t /*group*/, int /*signal*/) override { refuse(); }
  void start_timer(StageKind /*stage*/, std::uint64_t /*delay_ns*/,
                   std::uint64_t /*generation*/) override {
    refuse();
  }
  void cancel_timer(StageKind /*stage*/) override { refuse(); }
  void script_failed(StageKind /*stage*/, std::string_view /*what*/) override { refuse(); }
  void stage_ended(StageKind /*stage*/, std::string_view /*failure*/) override { refuse(); }

 private:
  void refuse() { checker_.require(false, "a stage that the scenario does not have"); }

  Checker& checker_;
};

class World final : public supervisor::FleetPort {
 public:
  using ServiceId = supervisor::ServiceId;

  World(const Scenario& scenario, Random& random, Checker& checker);

  void attach(supervisor::FleetMachine& fleet) { fleet_ = &fleet; }
  /// Goes to the next happening before `until_ns`; false when there is none.
  bool step(std::uint64_t until_ns);
  /// Somebody sets the wall clock.
  void set_wall_clock(std::uint64_t ahead_ns) {
    wall_ahead_ns_ = ahead_ns;
    schedule(0, What::kScheduleTimer, 0);
  }
  void advance_to(std::uint64_t now_ns) { now_ns_ = now_ns; }
  [[nodiscard]] std::uint64_t now_ns() const { return now_ns_; }
  [[nodiscard]] bool all_stopped() const { return all_stopped_; }
  [[nodiscard]] std::uint64_t happenings() const { return sequence_; }

  /// The truth about a service, for the checker.
  [[nodiscard]] ServiceTruth truth(ServiceId service) const;

  void spawn(ServiceId service, std::uint32_t incarnation) override;
  void abandon_spawn(ServiceId service) override;
  void signal(ServiceId service, pid_t pid, int signal, supervisor::StopTo target) override;
  void kill_group(ServiceId service, pid_t group) override;
  bool group_alive(pid_t group) override;
  void run_hook(ServiceId service, supervisor::HookKind hook, std::string_view reason) override;
  void abandon_hook(ServiceId service, supervisor::HookKind hook) override;
  supervisor::StagePort& stages() override { return no_stages_; }
  void start_timer(ServiceId service, std::uint64_t delay_ns,
                   const supervisor::ServiceTimer& timer) override;
  void cancel_timer(ServiceId) override {}  // it fires all the same and is stale
  std::uint64_t random() override { return random_.next(); }
  void state_changed(ServiceId service, const supervisor::StateChange& change) override;
  void ended_for_good(ServiceId service, const supervisor::Ending& ending) override;
  void start_check(ServiceId service, supervisor::CheckPurpose purpose,
                   std::uint64_t number) override;
  void abandon_check(ServiceId service) override;
  void start_check_timer(ServiceId service, std::uint64_t delay_ns, std::uint64_t number) override;
  void cancel_check_timer(ServiceId) override {}  // it fires all the same and is stale
  void became_unhealthy(ServiceId service, std::string_view reason) override {
    checker_.on_unhealthy(service, reason);
  }
  std::uint64_t realtime_ns() override { return now_ns_ + wall_ahead_ns_; }
  void start_schedule_timer(std::optional<std::uint64_t> delay_ns,
                            std::optional<std::uint64_t> realtime_ns) override;
  void run_not_made(ServiceId service, std::string_view why) override;
  void start_fleet_timer(std::uint64_t delay_ns, std::uint64_t generation) override;
  void cancel_fleet_timer() override {}  // it fires all the same and is stale
  void shutdown_began(std::string_view reason, std::uint64_t deadline_ns) override;
  void all_stopped(int exit_code, std::size_t left_behind) override;

 private:
  enum class Phase : std::uint8_t { kUnborn, kSpawning, kAlive, kZombie, kGone };
  enum class What : std::uint8_t {
    kSpawnReport,
    kEnd,
    kReap,
    kReady,
    kTimer,
    kFleetTimer,
    kCheckPassed,
    kCheckFailed,
    kCheckTimer,
    kScheduleTimer,
    kHandOver,
    kSweepDone,
  };

  struct Process {
    ServiceId service = 0;
    std::uint32_t incarnation = 0;
    pid_t group = 0;
    Phase phase = Phase::kUnborn;
    ProcessScript script;
    supervisor::ExitStatus exit;
  };
  struct Happening {
    std::uint64_t at_ns;
    std::uint64_t sequence;  // what was scheduled first comes first
    What what;
    std::uint64_t subject;  // a pid or a service
    std::uint64_t detail;   // a timer's generation
    supervisor::ExitStatus exit;

    bool operator>(const Happening& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : sequence > other.sequence;
    }
  };

  void happen(const Happening& happening);
  void report_spawn(pid_t pid);
  void end_process(pid_t pid, const supervisor::ExitStatus& exit);
  void reap_process(pid_t pid);
  void hand_over(pid_t pid);
  void end_sweep(const Happening& happening);
  void end_check(const Happening& happening);
  void deliver(pid_t pid, int signal);
  void require_number_is_held(const char* effect, pid_t pid, supervisor::StopTo target);
  [[nodiscard]] bool has_live_member(pid_t group) const;
  void schedule(std::uint64_t delay_ns, What what, std::uint64_t subject, std::uint64_t detail = 0,
                supervisor::ExitStatus exit = {});

  [[nodiscard]] Process& process(pid_t pid);
  [[nodiscard]] const Process& process(pid_t pid) const;

  const Scenario& scenario_;
  Random& random_;
  Checker& checker_;
  NoStages no_stages_;
  supervisor::FleetMachine* fleet_ = nullptr;
  std::uint64_t now_ns_ = 0;
  std::uint64_t wall_ahead_ns_ = kWallAtBootNs;
  std::uint64_t sequence_ = 0;
  std::priority_queue<Happening, std::vector<Happening>, std::greater<>> queue_;
  std::vector<Process> processes_;     // index: pid - kFirstPid
  std::vector<pid_t> leaders_;         // main process of each newest incarnation; 0: none yet
  std::vector<pid_t> formers_;         // which has handed over to that; 0: none
  std::vector<std::uint64_t> sweeps_;  // number of each service's sweep under way; 0: none
  std::vector<std::uint64_t> checks_;  // number of each service's check under way; 0: none
  std::optional<pid_t> exit_being_reported_;
  bool all_stopped_ = false;
};

}  // namespace sim
