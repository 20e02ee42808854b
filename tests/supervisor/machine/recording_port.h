// A port that only writes down what it is asked: one short line per effect, so that a test compares
// a list with a list. Implements supervisor/machine/service_port.h.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/machine/fleet_machine.h"

namespace supervisor {

class RecordingStagePort final : public StagePort {
 public:
  explicit RecordingStagePort(std::vector<std::string>& effects) : effects_(effects) {}

  void list_scripts(StageKind stage) override;
  void start_script(StageKind stage, std::size_t index) override;
  void abandon(StageKind stage) override;
  void signal_group(StageKind stage, pid_t group, int signal) override;
  void start_timer(StageKind stage, std::uint64_t delay_ns, std::uint64_t generation) override;
  void cancel_timer(StageKind stage) override;
  void script_failed(StageKind stage, std::string_view what) override;
  void stage_ended(StageKind stage, std::string_view failure) override;

  std::uint64_t timer_generation = 0;
  std::uint64_t timer_delay_ns = 0;
  std::vector<std::string> ended;  // apart from the effects: nothing follows from it

 private:
  void add(StageKind stage, std::string_view what);

  std::vector<std::string>& effects_;
};

class RecordingPort final : public FleetPort {
 public:
  void spawn(ServiceId service, std::uint32_t incarnation) override;
  void abandon_spawn(ServiceId service) override;
  void signal(ServiceId service, pid_t pid, int signal, StopTo target) override;
  void kill_group(ServiceId service, pid_t group) override;
  bool group_alive(pid_t group) override { return groups_alive.contains(group); }
  void run_hook(ServiceId service, HookKind hook, std::string_view reason) override;
  void abandon_hook(ServiceId service, HookKind hook) override;
  void start_timer(ServiceId service, std::uint64_t delay_ns, const ServiceTimer& timer) override;
  void cancel_timer(ServiceId service) override;
  std::uint64_t random() override { return 0; }  // no jitter: the whole wait
  void state_changed(ServiceId service, const StateChange& change) override;
  void ended_for_good(ServiceId service, const Ending& ending) override;
  StagePort& stages() override { return stage_port; }
  void start_check(ServiceId service, CheckPurpose purpose, std::uint64_t number) override;
  void abandon_check(ServiceId service) override;
  void start_check_timer(ServiceId service, std::uint64_t delay_ns, std::uint64_t number) override;
  void cancel_check_timer(ServiceId service) override;
  void became_unhealthy(ServiceId service, std::string_view reason) override;
  std::uint64_t realtime_ns() override { return wall_ns; }
  void start_schedule_timer(std::optional<std::uint64_t> delay_ns,
                            std::optional<std::uint64_t> realtime_ns) override;
  void run_not_made(ServiceId service, std::string_view why) override;
  void start_fleet_timer(std::uint64_t delay_ns, std::uint64_t generation) override;
  void cancel_fleet_timer() override;
  void shutdown_began(std::string_view reason, std::uint64_t deadline_ns) override;
  void all_stopped(int exit_code, std::size_t left_behind) override;

  /// What was recorded since the last call. "0:" in front of lines is the service's id.
  [[nodiscard]] std::vector<std::string> take() { return std::exchange(effects, {}); }

  std::vector<std::string> effects;
  RecordingStagePort stage_port{effects};
  std::function<void(ServiceId, std::uint32_t)> on_spawn;  // called from inside spawn()
  std::set<pid_t> groups_alive;
  std::uint64_t fleet_timer_generation = 0;
  std::uint64_t wall_ns = 0;
};

}  // namespace supervisor
