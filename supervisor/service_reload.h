// `birl reload NAME`: the check, then the service's signal or command.
//
// begin() returns when the reload is taken; its end is counted, so that whoever waits for it sees
// that it came. One at a time a service. A check or command that hangs is killed after
// kCommandTimeoutMs. Threads: the loop's. Owner: Instance; borrows everything in Parts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/result.h"
#include "supervisor/hook_runner.h"
#include "supervisor/machine/fleet_machine.h"

namespace supervisor {

class ServiceReload {
 public:
  static constexpr std::uint64_t kCommandTimeoutMs = 60'000;

  struct Parts {
    base::Loop& loop;
    FleetMachine& fleet;
    HookRunner& hooks;
    const ServiceSlots& services;
    std::function<void(ServiceId)> ended;  // progress() says how
  };

  struct Progress {
    bool under_way = false;
    std::uint64_t ended = 0;  // how many, since boot
    std::string error;        // of the last one; empty: it went well
  };

  explicit ServiceReload(Parts parts);

  /// Slots were added: before the fleet knows of them.
  void grow();

  /// kUnavailable: it does not run, or is being reloaded.
  [[nodiscard]] base::Result<void> begin(ServiceId service);
  /// Of something that has changed: the check of a reload under way may have seen what was there
  /// before, so another one follows it.
  [[nodiscard]] base::Result<void> begin_or_repeat(ServiceId service);
  [[nodiscard]] const Progress& progress(ServiceId service) const {
    return reloads_[service].progress;
  }

 private:
  struct Reload {
    Progress progress;
    std::uint32_t incarnation = 0;                 // of the service, when it began
    bool again = false;                            // when this one has ended
    ServiceHook hook = ServiceHook::kReloadCheck;  // the one that runs
    std::unique_ptr<base::Timer> timer;
  };

  void run(ServiceId service, ServiceHook hook);
  void on_hook_done(ServiceId service, const base::Result<void>& result);
  void apply(ServiceId service);
  /// The process that the reload was begun for: one that came later has read all when it started,
  /// and may not know its signal yet.
  [[nodiscard]] bool is_still_up(ServiceId service) const;
  void on_timeout(ServiceId service);
  void end(ServiceId service, std::string error);
  [[nodiscard]] const std::string& name(ServiceId service) const;

  Parts parts_;
  std::vector<Reload> reloads_;
};

}  // namespace supervisor
