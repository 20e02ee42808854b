#include "supervisor/machine/service_rules.h"

namespace supervisor {
namespace {

RestartPolicy make_restart_policy(const ServiceConfig& config) {
  if (config.restart) {
    return *config.restart;
  }
  const bool runs_once = config.primary || config.type == ServiceType::kOneshot;
  return runs_once ? RestartPolicy::kNever : RestartPolicy::kAlways;
}

}  // namespace

ServiceRules make_service_rules(const ServiceConfig& config, int stop_signal) {
  ServiceRules rules;
  rules.name = config.name;
  rules.type = config.type;
  rules.start = config.start;
  rules.primary = config.primary;
  rules.restart = make_restart_policy(config);
  rules.success_exit_codes = config.success_exit_codes;
  rules.backoff = config.backoff;
  rules.restart_limit = config.restart_limit;
  rules.stop_signal = stop_signal;
  rules.stop_to = config.stop.to.value_or(config.command.shell ? StopTo::kGroup : StopTo::kProcess);
  rules.stop_timeout_ns = config.stop.timeout.ns;
  rules.has_stop_command = !config.stop.command.empty();
  rules.has_exit_hook = !config.on_exit.empty();
  rules.exit_hook_timeout_ns = config.on_exit_timeout.ns;
  return rules;
}

}  // namespace supervisor
