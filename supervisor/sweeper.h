// At the end of a stop: what the service has left behind is found and killed (process/sweep.h).
//
// The looking is a helper child's, and most stops need none: whatever escapes ends up as a child of
// birl, or below one, so where every child is known, and its cgroup (if it has one) empty, nothing
// has escaped. All that is read here for that is the kernel's list of birl's own children and one
// file of the cgroup.
// When a stop is asked for, another helper notes who descends from the main process: a child that
// has left the session is known by that later, also when its environment cannot be read.
// Threads: the loop's. Owner: Instance; borrows everything in Parts for its whole life.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/diag.h"
#include "supervisor/helpers.h"
#include "supervisor/launcher.h"
#include "supervisor/machine/dependency_graph.h"
#include "supervisor/process/sweep.h"
#include "supervisor/service_cgroups.h"
#include "supervisor/service_starter.h"
#include "supervisor/upgrade/kept_service.h"

namespace supervisor {

class Sweeper {
 public:
  using Done = std::function<void()>;

  struct Parts {
    base::Diag& diag;
    const Launcher& launcher;
    Helpers& helpers;
    const ServiceCgroups& cgroups;
    const ServiceSlots& services;
    std::string socket_path;  // of this instance, part of the marker
    /// Main processes of services that were not started by birl itself.
    std::function<std::vector<pid_t>()> main_pids;
  };

  explicit Sweeper(Parts parts) : parts_(std::move(parts)) {}
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  /// The service's process is about to be launched, as somebody else if `identity` is set.
  void on_launching(ServiceId service, const std::optional<Identity>& identity);
  /// `pid` is, or was, its main process.
  void add_leader(ServiceId service, pid_t pid);
  /// A stop begins: notes who descends from its leaders.
  void note_descendants(ServiceId service);

  /// `done` is called from the loop, or from inside when there is nothing to do.
  void run(ServiceId service, Done done);
  /// KILL; `done` is not called.
  void abandon(ServiceId service);

  // For a live upgrade, while no helper runs.
  [[nodiscard]] KeptTraces take_state(ServiceId service) const;
  void restore(ServiceId service, const KeptTraces& kept);
  void restore_orphans(std::vector<SweptProcess> orphans) { orphans_ = std::move(orphans); }

  /// Children of birl that belong to nobody, as far as the last sweeps saw.
  [[nodiscard]] const std::vector<SweptProcess>& orphans() const { return orphans_; }
  /// `pid` was reaped.
  void forget(pid_t pid);
  /// At the container's end.
  void kill_orphans() const;

 private:
  struct Traces {
    std::vector<pid_t> leaders;
    std::vector<ProcessKey> seen;
    std::optional<Identity> identity;
    pid_t noting = 0;
    pid_t sweeping = 0;
  };

  [[nodiscard]] Traces& traces(ServiceId service);
  [[nodiscard]] std::vector<pid_t> known_pids(ServiceId service) const;
  [[nodiscard]] SweepRequest make_request(ServiceId service);
  void on_swept(ServiceId service, const HelperChild::Answer& answer);
  void take_orphans(std::vector<SweptProcess> orphans);

  Parts parts_;
  std::vector<Traces> traces_;  // by ServiceId
  std::vector<SweptProcess> orphans_;
};

}  // namespace supervisor
