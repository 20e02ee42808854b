// A fleet with a recording port: services by name, pids that are easy to read.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "supervisor/machine/fleet_machine.h"
#include "tests/supervisor/machine/recording_port.h"

namespace supervisor {

using Effects = std::vector<std::string>;

[[nodiscard]] inline ServiceRules daemon(std::string name) {
  ServiceRules rules;
  rules.name = std::move(name);
  return rules;
}
[[nodiscard]] inline ServiceRules primary(std::string name) {
  ServiceRules rules = daemon(std::move(name));
  rules.primary = true;
  rules.restart = RestartPolicy::kNever;
  return rules;
}

struct FleetDriver {
  explicit FleetDriver(std::vector<ServiceRules> services, FleetRules rules = {})
      : fleet(std::move(rules), std::move(services), port) {}

  /// Boots; each service runs as pid 100 + its id.
  void boot() {
    fleet.boot(now_ns);
    for (ServiceId id = 0; id < fleet.service_count(); ++id) {
      confirm(id, static_cast<pid_t>(100 + id));
    }
    port.effects.clear();
  }
  void confirm(ServiceId id, pid_t pid) {
    fleet.on_spawned(id, fleet.service(id).incarnation(), pid, now_ns);
  }
  Effects exited(pid_t pid, int code) {
    fleet.on_child_exited(pid, ExitStatus::exited(code), now_ns);
    return port.take();
  }
  Effects signaled(pid_t pid, int signal) {
    fleet.on_child_exited(pid, ExitStatus::signaled(signal), now_ns);
    return port.take();
  }
  Effects shutdown(ShutdownRequest request = {.reason = "TERM"}) {
    fleet.request_shutdown(request, now_ns);
    return port.take();
  }
  Effects fire_timer(ServiceId id) {
    now_ns = fleet.service(id).timer()->due_ns;
    fleet.on_timer(id, fleet.service(id).timer()->generation, now_ns);
    return port.take();
  }
  [[nodiscard]] ServiceState state(ServiceId id) const { return fleet.service(id).state(); }

  RecordingPort port;
  std::uint64_t now_ns = 0;
  FleetMachine fleet;
};

}  // namespace supervisor
