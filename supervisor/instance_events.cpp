// What of all that happens is an event: supervisor/instance.h, control/event_log.h.
#include <fmt/format.h>

#include "base/clock.h"
#include "supervisor/config/signal_names.h"
#include "supervisor/instance.h"

namespace supervisor {

namespace {

void put_exit(Event& event, const ExitStatus& exit) {
  if (exit.kind == ExitKind::kSignaled) {
    event.signal = format_signal(exit.signal);
  } else {
    event.exit_code = exit.code;
  }
}

Event make_exit_event(std::string_view name, const ReapedChild& child) {
  Event event{.event = name, .pid = child.pid};
  put_exit(event, child.signal != 0 ? ExitStatus::signaled(child.signal)
                                    : ExitStatus::exited(child.exit_code));
  return event;
}

/// Of a run that has ended: how.
bool shows_exit(ServiceState state) {
  return is_at_rest(state) || state == ServiceState::kBackoff;
}

bool becomes_ready(const ServiceMachine& machine, const StateChange& change) {
  return change.to == (machine.rules().type == ServiceType::kOneshot ? ServiceState::kDone
                                                                     : ServiceState::kRunning);
}

}  // namespace

void Instance::tell(const Event& event) {
  events_.append(event, base::realtime_ns());
  if (control_) {
    control_->on_event();
  }
}

void Instance::tell_state(const ServiceMachine& machine, const StateChange& change) {
  Event event{.event = service_state_name(change.to),
              .service = machine.rules().name,
              .state = service_state_name(change.to),
              .reason = std::string(change.reason)};
  if (machine.pid() > 0) {
    event.pid = machine.pid();
  }
  if (shows_exit(change.to) && machine.last_exit()) {
    put_exit(event, *machine.last_exit());
  }
  if (change.to == ServiceState::kBackoff) {
    event.delay_ms = change.delay_ns / base::kNsPerMs;
  }
  tell(event);
  if (change.from == ServiceState::kBackoff && change.to == ServiceState::kWaiting) {
    tell({.event = "restart",
          .service = machine.rules().name,
          .state = event.state,
          .restarts = machine.restarts()});
  }
  if (becomes_ready(machine, change)) {
    tell({.event = "ready",
          .service = machine.rules().name,
          .state = event.state,
          .pid = event.pid});
  }
}

/// A service's process; any other child is nobody's news.
void Instance::tell_exit(const ReapedChild& child) {
  const std::optional<ServiceId> service = fleet_->find_by_pid(child.pid);
  if (!service) {
    return;
  }
  Event event = make_exit_event("exited", child);
  event.service = fleet_->service(*service).rules().name;
  event.state = service_state_name(fleet_->service(*service).state());
  tell(event);
}

void Instance::tell_router_ended(const ReapedChild& child) {
  tell(make_exit_event("router_ended", child));
}

void Instance::on_hook_failed(ServiceId service, const std::string& what) {
  parts_.diag.warn("{}", what);
  tell({.event = "hook_failed",
        .service = fleet_->service(service).rules().name,
        .state = service_state_name(fleet_->service(service).state()),
        .reason = what});
}

void Instance::on_line_seen(const ServiceLogs& logs) {
  for (ServiceId id = 0; id < services_.size(); ++id) {
    if (services_[id].logs == &logs) {
      return fleet_->on_ready(id, base::monotonic_ns());
    }
  }
}

void Instance::on_service_reloaded(ServiceId service) {
  const std::string& error = reload_->progress(service).error;
  tell({.event = error.empty() ? "reloaded" : "reload_failed",
        .service = fleet_->service(service).rules().name,
        .state = service_state_name(fleet_->service(service).state()),
        .reason = error});
  control_->on_state_change();
}

void Instance::tell_config_reload() {
  const ConfigReloadProgress& progress = config_reload_->progress();
  if (progress.error) {
    return tell({.event = "configuration_refused", .reason = progress.error->message});
  }
  tell({.event = "configuration_reloaded",
        .reason = fmt::format("{} added, {} removed, {} restarted, {} updated",
                              progress.added.size(), progress.removed.size(),
                              progress.restarted.size(), progress.updated.size())});
}

}  // namespace supervisor
