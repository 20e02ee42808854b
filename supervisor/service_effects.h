// What the machines ask for, done: FleetPort over the launcher, signals and timers.
//
// One object for all services. Starts go through the ServiceStarter; their outcome comes back on
// the loop and is given to the fleet, which queues what arrives inside an effect. Threads: the
// loop's. Owner: Instance; borrows everything in Parts for its whole life.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/diag.h"
#include "base/loop.h"
#include "supervisor/fd_store.h"
#include "supervisor/hook_runner.h"
#include "supervisor/listen_sockets.h"
#include "supervisor/machine/fleet_machine.h"
#include "supervisor/service_starter.h"
#include "supervisor/service_watch.h"
#include "supervisor/sweeper.h"
#include "supervisor/wall_timer.h"

namespace supervisor {

class ServiceEffects final : public FleetPort {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_state_changed(ServiceId service, const StateChange& change) = 0;
    /// A start begins with another configuration than the last one had.
    virtual void on_config_taken(ServiceId service) = 0;
    virtual void on_unhealthy(ServiceId service, std::string_view reason) = 0;
    virtual void on_run_not_made(ServiceId service, std::string_view why) = 0;
    virtual void on_hook_failed(ServiceId service, const std::string& what) = 0;
    virtual void on_shutdown_began(std::string_view reason) = 0;
    virtual void on_all_stopped(int exit_code, std::size_t left_behind) = 0;
  };

  struct Parts {
    base::Loop& loop;
    base::Diag& diag;
    ServiceStarter& starter;
    HookRunner& hooks;
    StagePort& stages;
    ServiceWatch& watch;
    ListenSockets& sockets;
    FdStore& fds;
    ServiceCgroups& cgroups;
    Sweeper& sweeper;
    Owner& owner;
    ServiceSlots& services;
  };

  explicit ServiceEffects(Parts parts);
  /// Slots were added: before the fleet knows of them.
  void grow();
  /// Before the first effect.
  void bind(FleetMachine& fleet);

  /// Realtime of the service's last change of state.
  [[nodiscard]] std::uint64_t since_realtime_ns(ServiceId service) const {
    return runs_[service].since_realtime_ns;
  }

  /// Descriptors that it has left with birl.
  [[nodiscard]] std::vector<PassedFd> stored_fds(ServiceId service) const {
    return parts_.fds.stored(service);
  }
  // After a live upgrade.
  void restore_since(ServiceId service, std::uint64_t realtime_ns) {
    runs_[service].since_realtime_ns = realtime_ns;
  }
  /// A hook that runs: its end is waited for as before.
  void restore_hook(const KeptHook& hook);

  /// What the service says of itself.
  [[nodiscard]] const std::string& status_text(ServiceId service) const {
    return parts_.watch.status_text(service);
  }

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
  StagePort& stages() override { return parts_.stages; }
  void start_check(ServiceId service, CheckPurpose purpose, std::uint64_t number) override;
  void abandon_check(ServiceId service) override;
  void start_check_timer(ServiceId service, std::uint64_t delay_ns, std::uint64_t number) override;
  void cancel_check_timer(ServiceId service) override;
  void became_unhealthy(ServiceId service, std::string_view reason) override;
  std::uint64_t realtime_ns() override;
  void start_schedule_timer(std::optional<std::uint64_t> delay_ns,
                            std::optional<std::uint64_t> realtime_ns) override;
  void run_not_made(ServiceId service, std::string_view why) override;
  void start_fleet_timer(std::uint64_t delay_ns, std::uint64_t generation) override;
  void cancel_fleet_timer() override;
  void shutdown_began(std::string_view reason, std::uint64_t deadline_ns) override;
  void all_stopped(int exit_code, std::size_t left_behind) override;

 private:
  struct Run {
    std::unique_ptr<base::Timer> timer;
    std::uint64_t timer_generation = 0;
    std::uint64_t since_realtime_ns = 0;
    ServiceStarter::StartId start = 0;  // the one under way
  };

  [[nodiscard]] base::Result<base::Fd> equip(ServiceId service, SpawnRequest& request);
  void on_outcome(ServiceId service, std::uint32_t incarnation, pid_t pid,
                  const SpawnOutcome& outcome);
  void follow_readiness(ServiceId service, const StateChange& change);
  [[nodiscard]] HookRunner::Done hook_waiter(ServiceId service, HookKind hook);
  void tell_failure(ServiceId service, const base::Result<void>& result);

  Parts parts_;
  FleetMachine* fleet_ = nullptr;
  std::vector<Run> runs_;
  base::Timer fleet_timer_;
  base::Timer schedule_timer_;
  WallTimer wall_timer_;
  std::uint64_t fleet_timer_generation_ = 0;
};

}  // namespace supervisor
