// What the fleet looks at, and what follows from what was seen.
#include <fmt/format.h>

#include <algorithm>

#include "supervisor/machine/fleet_machine.h"

namespace supervisor {
namespace {

constexpr std::int32_t kCodeUnhealthy = 1;  // of a container that health.then = "shutdown" ends

constexpr std::uint64_t kWatchdogIntervalMinNs = 10 * base::kNsPerMs;
constexpr std::uint64_t kWatchdogIntervalMaxNs = 24UL * 3600 * base::kNsPerSecond;

/// What a service in this state is looked at for.
std::optional<CheckPurpose> find_purpose(const ServiceMachine& service) {
  const CheckRules& rules = service.rules().checks;
  const bool starts = service.state() == ServiceState::kStarting && service.pid() != 0;
  if (starts && rules.ready == ReadySource::kChecks) {
    return CheckPurpose::kReady;
  }
  if (service.state() == ServiceState::kRunning && rules.health != HealthSource::kNone) {
    return CheckPurpose::kHealth;
  }
  return std::nullopt;
}

}  // namespace

void FleetMachine::pursue_checks(ServiceId service, std::uint64_t now_ns) {
  const ServiceMachine& machine = *services_[service];
  checks_[service].pursue(find_purpose(machine), machine.incarnation(), now_ns);
}

void FleetMachine::on_checked(ServiceId service, std::uint64_t number, const std::string& failure,
                              std::uint64_t now_ns) {
  act_on(service, checks_[service].on_checked(number, failure, now_ns), now_ns);
}

void FleetMachine::on_check_timer(ServiceId service, std::uint64_t number, std::uint64_t now_ns) {
  act_on(service, checks_[service].on_timer(number, now_ns), now_ns);
}

void FleetMachine::on_watchdog(ServiceId service, std::uint64_t now_ns) {
  checks_[service].on_watchdog(now_ns);
}

void FleetMachine::on_watchdog_interval(ServiceId service, std::uint64_t interval_ns,
                                        std::uint64_t now_ns) {
  checks_[service].set_watchdog_interval(
      std::clamp(interval_ns, kWatchdogIntervalMinNs, kWatchdogIntervalMaxNs));
  checks_[service].on_watchdog(now_ns);
}

void FleetMachine::on_watchdog_trigger(ServiceId service, std::uint64_t now_ns) {
  if (services_[service]->rules().checks.health == HealthSource::kWatchdog &&
      services_[service]->state() == ServiceState::kRunning) {
    on_unhealthy(service, "unhealthy: it says so itself (WATCHDOG=trigger)", now_ns);
  }
}

void FleetMachine::on_extend(ServiceId service, std::uint64_t more_ns, std::uint64_t now_ns) {
  post(service, {.kind = ServiceEventKind::kExtend, .deadline_ns = now_ns + more_ns}, now_ns);
}

void FleetMachine::act_on(ServiceId service, CheckVerdict verdict, std::uint64_t now_ns) {
  const CheckMachine& checks = checks_[service];
  switch (verdict) {
    case CheckVerdict::kNothing:
      return;
    case CheckVerdict::kReady:
      return post(service, {.kind = ServiceEventKind::kReady}, now_ns);
    case CheckVerdict::kUnhealthy:
      return on_unhealthy(
          service, fmt::format("unhealthy, {} in a row: {}", checks.failures(), checks.failure()),
          now_ns);
  }
}

void FleetMachine::on_unhealthy(ServiceId service, const std::string& why, std::uint64_t now_ns) {
  port_.became_unhealthy(service, why);
  const ServiceRules& rules = services_[service]->rules();
  if (rules.unhealthy_then == UnhealthyThen::kShutdown && state_ == FleetState::kRunning) {
    decide(DecidedBy::kService, kCodeUnhealthy);
    begin_shutdown({.reason = fmt::format("{} is {}", rules.name, why)}, now_ns);
  }
  post(service, {.kind = ServiceEventKind::kUnhealthy, .text = why}, now_ns);
}

}  // namespace supervisor
