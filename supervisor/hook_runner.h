// Runs a service's hooks: on_ready, on_exit, stop.command, and the commands of reload.
//
// A hook runs in its service's surroundings (user, environment, limits) and writes into its
// streams. Of each kind at most one runs a service; a new one replaces it, with KILL. `done` is
// called once, from the loop or from inside run(), with what went wrong: "on_exit of web: exited
// with code 1". Threads: the loop's. Owner: Instance; borrows everything in Parts.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "supervisor/machine/exit_status.h"
#include "supervisor/machine/service_port.h"
#include "supervisor/service_starter.h"
#include "supervisor/upgrade/kept_service.h"

namespace supervisor {

enum class ServiceHook : std::uint8_t { kReady, kExit, kStop, kReloadCheck, kReloadCommand };
inline constexpr std::array<std::string_view, 5> kServiceHookNames{
    "on_ready", "on_exit", "stop.command", "reload.check", "reload.command"};

class HookRunner {
 public:
  using Done = std::function<void(base::Result<void>)>;

  HookRunner(ServiceStarter& starter, const ServiceSlots& services)
      : starter_(starter), services_(services) {}

  void run(ServiceId service, ServiceHook hook, const std::vector<std::string>& extra_environment,
           Done done);
  /// KILL; `done` is not called. Nothing when it does not run.
  void abandon(ServiceId service, ServiceHook hook);
  /// A hook that is part of a reload runs, or the start of any is under way.
  [[nodiscard]] bool busy() const;
  /// For a live upgrade, while it is not busy.
  [[nodiscard]] std::vector<KeptHook> take_state() const;
  void restore(const KeptHook& hook, Done done);
  /// Whether `pid` is a hook.
  bool on_child_exited(pid_t pid, const ExitStatus& exit);

 private:
  using Key = std::pair<ServiceId, ServiceHook>;
  struct Run {
    ServiceStarter::StartId start = 0;
    pid_t pid = 0;  // once it has been started
    Done done;
  };

  [[nodiscard]] const Command& command(const Key& key) const;
  void on_outcome(const Key& key, pid_t pid, const SpawnOutcome& outcome);
  void finish(const Key& key, base::Result<void> result);

  ServiceStarter& starter_;
  const ServiceSlots& services_;
  std::map<Key, Run> runs_;
};

}  // namespace supervisor
