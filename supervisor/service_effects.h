// What the machines ask for, done: FleetPort over the launcher, signals and timers.
//
// One object for all services. A spawn goes: account and environment from the configuration, new
// log pipes, handed to the router, clone; its outcome comes back on the loop and is given to the
// fleet, which queues what arrives inside an effect. Threads: the loop's. Owner: Instance; borrows
// everything in Parts for its whole life.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/diag.h"
#include "base/fd.h"
#include "base/loop.h"
#include "supervisor/config/config.h"
#include "supervisor/launcher.h"
#include "supervisor/machine/fleet_machine.h"
#include "supervisor/process/identity.h"
#include "supervisor/router_link/router_link.h"

namespace supervisor {

class ServiceEffects final : public FleetPort {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_state_changed(ServiceId service, const StateChange& change) = 0;
    virtual void on_shutdown_began(std::string_view reason) = 0;
    virtual void on_all_stopped(int exit_code, std::size_t left_behind) = 0;
  };

  /// One service: its configuration, its logs, whether descriptor 0 is birl's own.
  struct Service {
    const ServiceConfig* config = nullptr;
    ServiceLogs* logs = nullptr;
    bool keeps_stdin = false;
  };

  struct Parts {
    base::Loop& loop;
    base::Diag& diag;
    Launcher& launcher;
    RouterLink& router;
    Owner& owner;
    std::vector<Service> services;  // by ServiceId
    std::vector<std::string> container_environment;
    std::string socket_path;
  };

  [[nodiscard]] static base::Result<std::unique_ptr<ServiceEffects>> open(Parts parts);
  /// Before the first effect.
  void bind(FleetMachine& fleet) { fleet_ = &fleet; }

  /// Realtime of the service's last change of state.
  [[nodiscard]] std::uint64_t since_realtime_ns(ServiceId service) const {
    return runs_[service].since_realtime_ns;
  }

  void spawn(ServiceId service, std::uint32_t incarnation) override;
  void abandon_spawn(ServiceId service) override;
  void signal(ServiceId service, pid_t pid, int signal, StopTo target) override;
  void kill_group(ServiceId service, pid_t group) override;
  bool group_alive(pid_t group) override;
  void start_timer(ServiceId service, std::uint64_t delay_ns, const ServiceTimer& timer) override;
  void cancel_timer(ServiceId service) override;
  std::uint64_t random() override;
  void state_changed(ServiceId service, const StateChange& change) override;
  void ended_for_good(ServiceId service, const Ending& ending) override;
  void start_fleet_timer(std::uint64_t delay_ns, std::uint64_t generation) override;
  void cancel_fleet_timer() override;
  void shutdown_began(std::string_view reason, std::uint64_t deadline_ns) override;
  void all_stopped(int exit_code, std::size_t left_behind) override;

 private:
  struct Run {
    std::unique_ptr<base::Timer> timer;
    std::uint64_t timer_generation = 0;
    std::uint64_t since_realtime_ns = 0;
    pid_t spawning = 0;  // of the start under way
  };

  explicit ServiceEffects(Parts parts);
  [[nodiscard]] base::Result<SpawnRequest> make_request(ServiceId service) const;
  [[nodiscard]] base::Result<pid_t> try_spawn(ServiceId service, std::uint32_t incarnation);
  void on_outcome(ServiceId service, std::uint32_t incarnation, pid_t pid,
                  const SpawnOutcome& outcome);
  void warn_once(const std::string& note);

  Parts parts_;
  FleetMachine* fleet_ = nullptr;
  base::Fd dev_null_;
  std::vector<Run> runs_;
  base::Timer fleet_timer_;
  std::uint64_t fleet_timer_generation_ = 0;
  std::set<std::string> notes_told_;
};

}  // namespace supervisor
