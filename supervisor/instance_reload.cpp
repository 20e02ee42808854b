// How a running instance takes a configuration that was read again: supervisor/instance.h.
//
// First everything that can fail (rings for new services), then the router, whose sinks the new
// services use, then the fleet, which stops and starts. Slots of services that are restarted keep
// their old configuration until the new process is started.
#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "supervisor/config/instances.h"
#include "supervisor/config/routes.h"
#include "supervisor/instance.h"

namespace supervisor {

using base::Result;

void Instance::open_reload() {
  config_reload_ = std::make_unique<ConfigReload>(ConfigReload::Parts{
      .loop = loop_,
      .diag = parts_.diag,
      .fallback_directory = runtime_directory_,
      .load =
          [this](int message_fd) {
            return ConfigChild::start(launcher_, parts_.config_reader.get(), parts_.options,
                                      parts_.environment, runtime_directory_, message_fd);
          },
      .apply =
          [this](Config config) {
            keep_scale(config);
            return apply(std::move(config));
          },
      .ended = [this] { on_reload_ended(); }});
  path_watch_ = std::make_unique<PathWatch>(
      PathWatch::Parts{.loop = loop_,
                       .diag = parts_.diag,
                       .helpers = helpers_,
                       .services = services_,
                       .changed = [this](ServiceId service) { on_paths_changed(service); }});
}

void Instance::on_paths_changed(ServiceId service) {
  const ServiceConfig& config = *services_[service].config;
  const ServiceState state = fleet_->service(service).state();
  if (state == ServiceState::kStarting) {
    // It may have read already what was there before.
    parts_.diag.debug("{}: what it watches has changed: put off until it runs", config.name);
    return path_watch_->put_off(service);
  }
  if (state != ServiceState::kRunning) {
    return;  // its next start reads what is there then
  }
  const bool is_reload = config.watch.then == WatchThen::kReload;
  parts_.diag.info("{}: what it watches has changed: {}", config.name,
                   is_reload ? "reload" : "restart");
  const Result<void> begun = is_reload ? reload_->begin_or_repeat(service)
                                       : fleet_->restart(config.name, base::monotonic_ns());
  if (!begun) {
    parts_.diag.warn("{}", begun.error().message);
  }
}

/// Of a signal: what is written while the files are being read must not be missed.
void Instance::begin_reload() {
  if (config_reload_->progress().under_way) {
    reload_again_ = true;
    return;
  }
  if (const Result<void> begun = config_reload_->begin(); !begun) {
    parts_.diag.warn("{}", begun.error().message);
  }
}

void Instance::on_reload_ended() {
  tell_config_reload();
  control_->on_state_change();
  if (std::exchange(reload_again_, false)) {
    begin_reload();
  }
}

Result<void> Instance::scale(const std::string& service, std::uint32_t count) {
  const std::uint32_t before = count_instances(config_.services, service);
  const auto old = scaled_.find(service);
  const Scaled scaled{.configured = old == scaled_.end() ? before : old->second.configured,
                      .count = count};
  Config config = config_;
  scale_instances(config.services, service, count);
  TRY(apply(std::move(config)));
  scaled_[service] = scaled;
  return {};
}

/// A number that was changed in the file since counts; else what was asked for.
void Instance::keep_scale(Config& config) {
  std::erase_if(scaled_, [&](const auto& entry) {
    return count_instances(config.services, entry.first) != entry.second.configured;
  });
  for (const auto& [service, scaled] : scaled_) {
    scale_instances(config.services, service, scaled.count);
  }
}

Result<ConfigDiff> Instance::apply(Config config) {
  if (fleet_->state() != FleetState::kRunning) {
    return base::fail(base::ErrorCode::kUnavailable, fleet_->state() == FleetState::kInit
                                                         ? "the init scripts still run"
                                                         : "everything is being shut down");
  }
  TRY_ASSIGN(const SignalTable signals, SignalTable::make(config.configured, config.birl.signals));
  TRY_ASSIGN(const ControlAccess access, control_access(config.birl.control));
  const ConfigDiff diff = diff_config(config_, config);
  keep_what_waits(config_, config);
  std::swap(config_, config);
  if (Result<void> opened = open_sockets(config); !opened) {
    std::swap(config_, config);
    return tl::unexpected(std::move(opened).error());
  }
  std::vector<ServiceSlot> added;
  if (Result<void> made = make_logs(diff, added); !made) {
    std::swap(config_, config);
    sockets_.keep(config_.services);
    for (const ServiceSlot& slot : added) {
      router_->remove_service(*slot.logs);
    }
    return tl::unexpected(std::move(made).error());
  }
  signal_table_ = signals;
  set_lowest_level();
  starter_->set_strict(StrictIdentity{config_.birl.strict_identity});
  control_->set_access(access);
  open_to_others(access);
  TRY(set_up_last_resort());
  stages_->set_directories(stage_directories());
  TRY(fleet_->change(change_slots(diff, std::move(added)), base::monotonic_ns()));
  sockets_.keep(config_.services);
  for (const std::string& name : diff.removed) {
    forget_logs(name);
  }
  for (const std::string& name : diff.updated) {
    follow_watch(*fleet_->find(name));
  }
  return diff;
}

/// Files are watched while the service is up.
void Instance::follow_watch(ServiceId service) {
  if (fleet_->service(service).at_rest()) {
    return path_watch_->end(service);
  }
  path_watch_->begin(service);
  switch (fleet_->service(service).state()) {
    case ServiceState::kRunning:
      return path_watch_->tell_again(service);
    case ServiceState::kWaiting:
    case ServiceState::kBackoff:
      return path_watch_->forget_put_off(service);
    case ServiceState::kStarting:
    case ServiceState::kStopping:
    case ServiceState::kStopped:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      break;
  }
}

/// All that are new, or none. What was named before, and cannot be opened, is no reason to refuse.
Result<void> Instance::open_sockets(const Config& before) {
  for (ListenSockets::Failure& failure : sockets_.open_missing(config_.services)) {
    const auto old = before.services.find(failure.service);
    const bool is_new = old == before.services.end() ||
                        old->second.listen != config_.services.at(failure.service).listen;
    if (is_new) {
      sockets_.keep(before.services);
      return base::with_context(failure.service, std::move(failure.error));
    }
  }
  return {};
}

/// All that can fail. A new service is not shown to the router that is about to end.
Result<void> Instance::make_logs(const ConfigDiff& diff, std::vector<ServiceSlot>& added) {
  TRY(open_ring_files(diff.added));
  for (const std::string& name : diff.added) {
    TRY_ASSIGN(ServiceSlot slot, open_service(config_.services.at(name)));
    added.push_back(std::move(slot));
  }
  TRY(router_->set_dead_letters(sinks_of_dead_letters(config_), kDeadLetterRingBytes));
  return router_->change(router_config(config_, runtime_directory_),
                         [this](const ServiceLogs& logs) { return sinks_of_logs(logs); });
}

FleetChange Instance::change_slots(const ConfigDiff& diff, std::vector<ServiceSlot> added) {
  FleetChange change{
      .rules = fleet_rules(), .updated = {}, .restarted = {}, .added = {}, .removed = {}};
  for (const std::string& name : diff.removed) {
    change.removed.push_back(*fleet_->find(name));
  }
  for (const std::string& name : diff.updated) {
    const ServiceId id = *fleet_->find(name);
    services_[id].config = std::make_unique<ServiceConfig>(config_.services.at(name));
    change.updated.push_back({id, service_rules(*services_[id].config)});
  }
  for (const std::string& name : diff.restarted) {
    const ServiceId id = *fleet_->find(name);
    services_[id].next = std::make_unique<ServiceConfig>(config_.services.at(name));
    change.restarted.push_back({id, service_rules(*services_[id].next)});
  }
  for (ServiceSlot& slot : added) {
    change.added.push_back(take_slot(std::move(slot), change));
  }
  effects_->grow();
  watch_->grow();
  reload_->grow();
  adapter_->grow();
  return change;
}

/// The slot of a service that was removed, and may still be stopping, or a new one.
FleetChange::Service Instance::take_slot(ServiceSlot slot, const FleetChange& change) {
  std::vector<ServiceId> taken;
  std::ranges::transform(change.added, std::back_inserter(taken), &FleetChange::Service::id);
  const std::string& name = slot.config->name;
  FleetChange::Service service{.id = 0, .rules = service_rules(*slot.config)};
  service.id = fleet_->free_id(name, taken).value_or(static_cast<ServiceId>(services_.size()));
  if (service.id == services_.size()) {
    services_.push_back(std::move(slot));
  } else if (fleet_->service(service.id).at_rest()) {
    services_[service.id] = std::move(slot);
  } else {
    services_[service.id].next = std::move(slot.config);
  }
  return service;
}

/// Once it is at rest nobody writes to its logs but what it left behind.
void Instance::forget_logs(const std::string& name) {
  for (ServiceId id = 0; id < fleet_->service_count(); ++id) {
    if (fleet_->is_removed(id) && fleet_->service(id).rules().name == name &&
        fleet_->service(id).at_rest()) {
      router_->remove_service(*services_[id].logs);
    }
  }
}

/// Of a service, a stage or birl itself; what is configured no more keeps those that there are.
std::vector<std::string> Instance::sinks_of_logs(const ServiceLogs& logs) const {
  const ServiceLogs::Identity& identity = logs.identity();
  if (identity.name == kOwnServiceName) {
    return sinks_of_own_messages(config_);
  }
  if (const auto service = config_.services.find(identity.name);
      service != config_.services.end()) {
    return sinks_of(service->second, config_);
  }
  if (std::ranges::find(kStageNames, identity.name) != kStageNames.end()) {
    ServiceConfig stage;
    stage.name = identity.name;
    return sinks_of(stage, config_);
  }
  std::vector<std::string> sinks = identity.sinks;
  std::erase_if(sinks, [this](const std::string& sink) { return !config_.sinks.contains(sink); });
  return sinks;
}

}  // namespace supervisor
