#include "supervisor/machine/service_rules.h"

namespace supervisor {
namespace {

RestartPolicy make_restart_policy(const ServiceConfig& config) {
  if (config.restart) {
    return *config.restart;
  }
  const bool runs_once = config.primary || config.type != ServiceType::kDaemon;
  return runs_once ? RestartPolicy::kNever : RestartPolicy::kAlways;
}

/// A schedule that cannot be read was refused by whoever loads; it would have no run.
std::optional<ScheduleRules> make_schedule(const ServiceConfig& config) {
  if (config.type != ServiceType::kScheduled) {
    return std::nullopt;
  }
  return ScheduleRules{.schedule = parse_schedule(config.schedule).value_or(Schedule{}),
                       .zone = config.timezone,
                       .overlap = config.overlap,
                       .catch_up = config.catch_up};
}

std::vector<DependencyRule> make_dependencies(const ServiceConfig& config) {
  std::vector<DependencyRule> rules;
  const auto add = [&](const std::vector<std::string>& names, DependencyKind kind) {
    for (const std::string& name : names) {
      rules.push_back({name, kind});
    }
  };
  add(config.after, DependencyKind::kAfter);
  add(config.wants, DependencyKind::kWants);
  add(config.needs, DependencyKind::kRequires);
  return rules;
}

CheckRules make_check_rules(const ServiceConfig& config) {
  CheckRules rules;
  if (config.type != ServiceType::kDaemon) {
    return rules;  // a oneshot is ready when it is done
  }
  const ReadyConfig& ready = config.ready;
  const HealthConfig& health = config.health;
  if (ready.fd || ready.sd_notify || !ready.log_line.empty()) {
    rules.ready = ReadySource::kItself;
  } else if (!ready.tcp.empty() || !ready.http.empty() || !ready.command.empty() ||
             !ready.file.empty()) {
    rules.ready = ReadySource::kChecks;
  }
  if (health.watchdog) {
    rules.health = HealthSource::kWatchdog;
  } else if (!health.http.empty() || !health.tcp.empty() || !health.command.empty()) {
    rules.health = HealthSource::kChecks;
  }
  rules.ready_interval_ns = ready.interval.ns;
  rules.health_interval_ns = health.interval.ns;
  rules.health_check_timeout_ns = health.timeout.ns;
  rules.health_failures = health.failures;
  rules.start_period_ns = health.start_period.ns;
  return rules;
}

}  // namespace

ServiceRules make_service_rules(const ServiceConfig& config, int stop_signal) {
  ServiceRules rules;
  rules.name = config.name;
  rules.type = config.type;
  rules.start = config.start;
  rules.dependencies = make_dependencies(config);
  rules.primary = config.primary;
  rules.checks = make_check_rules(config);
  if (rules.awaits_ready() && config.ready.timeout) {
    rules.ready_timeout_ns = config.ready.timeout->ns;
  }
  if (config.type != ServiceType::kDaemon && config.timeout) {
    rules.run_timeout_ns = config.timeout->ns;
  }
  rules.schedule = make_schedule(config);
  rules.unhealthy_then = config.health.then;
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
