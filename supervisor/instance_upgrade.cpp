// How an instance hands itself over to another birl, and takes over from one: live_upgrade.h,
// upgrade/upgrade_state.h.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "supervisor/config/encode.h"
#include "supervisor/config/routes.h"
#include "supervisor/control/request_handler.h"
#include "supervisor/instance.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/upgrade/upgrade_exec.h"

namespace supervisor {

using base::Result;

namespace {

std::string to_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A service's configuration alone, as a configuration that has only it.
std::string encode_service(const ServiceConfig& service) {
  Config config;
  config.services[service.name] = service;
  return to_text(encode_config(config));
}

Result<std::unique_ptr<const ServiceConfig>> decode_service(const std::string& name,
                                                            const std::string& bytes) {
  TRY_ASSIGN(Config config, decode_config(std::as_bytes(std::span(bytes))));
  const auto found = config.services.find(name);
  if (found == config.services.end()) {
    return base::fail(base::ErrorCode::kDamaged,
                      fmt::format("there is no configuration of {}", name));
  }
  return std::make_unique<const ServiceConfig>(std::move(found->second));
}

/// For a test of what becomes of services when a birl cannot take over after all.
bool is_to_fail(const std::vector<std::string>& environment) {
  const auto has = [&](std::string_view entry) {
    return std::ranges::find(environment, entry) != environment.end();
  };
  return has("BIRL_DEBUG_FAULTS=1") && has("BIRL_DEBUG_UPGRADE=fail");
}

KeptLastResort take_last_resort() {
  KeptLastResort kept{.children = {}, .exit_code = last_resort_exit_code()};
  for (const LastResortChild& child : last_resort_children()) {
    kept.children.push_back({.pid = child.pid,
                             .role = static_cast<std::uint8_t>(child.role),
                             .stop_signal = child.stop_signal,
                             .stop_group = child.stop_group});
  }
  return kept;
}

KeptEvents take_events(const EventLog& log) {
  KeptEvents kept{.first = log.oldest(), .events = {}};
  for (const EventLog::Kept& event : log.kept()) {
    kept.events.push_back({.service = event.service, .line = event.line});
  }
  return kept;
}

}  // namespace

void Instance::open_upgrade() {
  upgrade_ = std::make_unique<LiveUpgrade>(LiveUpgrade::Parts{
      .loop = loop_,
      .launcher = launcher_,
      .environment = parts_.environment,
      .fallback_directory = runtime_directory_,
      .find_obstacle = [this] { return find_upgrade_obstacle(); },
      .find_busy = [this] { return find_busy(); },
      .take_state = [this] { return take_state(); },
      .leave = [this] { leave(); },
      .ended =
          [this] {
            tell({.event = "upgrade_failed", .reason = upgrade_->progress().error->message});
            parts_.diag.warn("{}", upgrade_->progress().error->message);
            control_->on_state_change();
          }});
}

// ---- leaving ----

std::string Instance::find_upgrade_obstacle() const {
  switch (fleet_->state()) {
    case FleetState::kInit:
      return "the init scripts still run; try again later";
    case FleetState::kRunning:
      return "";
    case FleetState::kStopping:
    case FleetState::kStopped:
      return "everything is being shut down";
  }
  return "";
}

/// What has to end by itself, since it is in this process's memory or soon over.
std::string Instance::find_busy() const {
  if (const std::string name = starter_->busy_with(); !name.empty()) {
    return fmt::format("{} is being started", name);
  }
  if (const std::string name = launcher_.busy_with(); !name.empty()) {
    return fmt::format("{} is being started", name);
  }
  if (config_reload_->progress().under_way) {
    return "the configuration is being read";
  }
  for (ServiceId id = 0; id < services_.size(); ++id) {
    if (reload_->progress(id).under_way) {
      return fmt::format("{} is being reloaded", fleet_->service(id).rules().name);
    }
  }
  if (router_->changing()) {
    return "the router is being replaced";
  }
  if (fds_->busy()) {
    return "descriptors of services are being closed";
  }
  if (helpers_.busy()) {
    return "files or leftovers are being looked at";
  }
  return hooks_->busy() ? "a hook is being started" : "";
}

KeptSlot Instance::take_slot_state(ServiceId id) const {
  const ServiceSlot& slot = services_[id];
  // The logs of a service that was removed may be gone before it.
  const auto& logs = router_->services();
  const bool has_logs =
      std::ranges::find(logs, slot.logs, &std::unique_ptr<ServiceLogs>::get) != logs.end();
  return {.name = slot.config->name,
          .config = encode_service(*slot.config),
          .next_name = slot.next ? slot.next->name : "",
          .next = slot.next ? encode_service(*slot.next) : "",
          .logs_id = has_logs ? slot.logs->identity().service_id : kNoLogs,
          .stdio = static_cast<std::uint8_t>(slot.stdio),
          .keeps_stdin = slot.keeps_stdin,
          .terminal = static_cast<std::uint8_t>(slot.terminal),
          .since_realtime_ns = effects_->since_realtime_ns(id),
          .fingerprint = path_watch_->fingerprint(id),
          .watch = watch_->take_state(id),
          .traces = sweeper_->take_state(id),
          .stored = fds_->take_state(id)};
}

UpgradeState Instance::take_state() const {
  UpgradeState state;
  state.former_version = BIRL_VERSION;
  state.process_name = read_process_name();
  state.options = {.config_paths = parts_.options.config_paths,
                   .command = parts_.options.command,
                   .hold = parts_.options.hold};
  state.environment = parts_.environment;
  if (parts_.open_files) {
    state.open_files = KeptLimit{parts_.open_files->rlim_cur, parts_.open_files->rlim_max};
  }
  state.config = to_text(encode_config(config_));
  state.runtime_directory = runtime_directory_;
  state.runtime_lock = keep(runtime_lock_);
  state.control_listener = {.number = control_listener_};
  for (const int socket : control_->waiting_for_upgrade()) {
    state.waiting_clients.push_back({.number = socket});
  }
  state.message_pipe = keep(message_pipe_);
  state.booted_ns = booted_ns_;
  state.terminal = static_cast<std::uint8_t>(terminal_);
  for (const auto& [name, scaled] : scaled_) {
    state.scaled[name] = {.configured = scaled.configured, .count = scaled.count};
  }
  state.events = take_events(events_);
  state.last_resort = take_last_resort();
  state.launched = launcher_.alive();
  state.helpers = {helpers_.pids().begin(), helpers_.pids().end()};
  state.notes_told = {starter_->notes_told().begin(), starter_->notes_told().end()};
  state.orphans = sweeper_->orphans();
  state.fleet = fleet_->snapshot();
  for (ServiceId id = 0; id < services_.size(); ++id) {
    state.slots.push_back(take_slot_state(id));
  }
  state.checks = watch_->checks().take_state();
  state.hooks = hooks_->take_state();
  state.sockets = sockets_.take_state();
  state.cgroups = cgroups_.take_state();
  state.ring_locks = ring_files_.take_state();
  state.router = router_->take_state();
  return state;
}

void Instance::leave() {
  control_->flush_followers();
  router_->leave();
}

// ---- taking over ----

Result<void> Instance::take_over(UpgradeState state, ArrivingFds fds) {
  TRY(restore_basics(state, fds));
  TRY(restore_slots(state, fds));
  if (is_to_fail(parts_.environment)) {
    return base::fail(base::ErrorCode::kUnavailable, "BIRL_DEBUG_UPGRADE asks for a failure");
  }
  TRY(open_effects());
  TRY(restore_fleet(state));
  TRY(restore_services(state, fds));
  set_lowest_level();
  open_adapter();
  TRY_ASSIGN(base::Fd listener, fds.take(state.control_listener));
  TRY(open_server(std::move(listener)));
  TRY(watch_signals());
  parts_.diag.redirect(message_pipe_.get(), "");
  for (ServiceId id = 0; id < services_.size(); ++id) {
    if (state.slots[id].fingerprint) {
      path_watch_->restore(id, *state.slots[id].fingerprint);
    }
    follow_watch(id);
  }
  tell({.event = "upgraded",
        .reason =
            fmt::format("birl {} has taken over from {}", BIRL_VERSION, state.former_version)});
  router_->follow_former();
  fleet_->resume(base::monotonic_ns());
  reap();  // whose CHLD came before the signalfd
  return answer_upgraders(state, fds);
}

Result<void> Instance::restore_basics(const UpgradeState& state, ArrivingFds& fds) {
  TRY_ASSIGN(config_, decode_config(std::as_bytes(std::span(state.config))));
  booted_ns_ = state.booted_ns;
  terminal_ = static_cast<TerminalMode>(state.terminal);
  TRY_ASSIGN(signal_table_, SignalTable::make(config_.configured, config_.birl.signals));
  runtime_directory_ = state.runtime_directory;
  TRY_ASSIGN(runtime_lock_, fds.take(state.runtime_lock));
  TRY(set_up_last_resort());
  for (const auto& [name, scaled] : state.scaled) {
    scaled_[name] = {.configured = scaled.configured, .count = scaled.count};
  }
  std::deque<EventLog::Kept> events;
  for (const KeptEvent& event : state.events.events) {
    events.push_back({.service = event.service, .line = event.line});
  }
  events_.restore(state.events.first, std::move(events));
  launcher_.restore(state.launched);
  helpers_.restore(state.helpers);
  cgroups_.restore(state.cgroups);
  TRY(ring_files_.restore(state.ring_locks, fds));
  TRY_ASSIGN(router_,
             RouterLink::restore({.loop = loop_,
                                  .diag = parts_.diag,
                                  .launcher = launcher_,
                                  .owner = *this,
                                  .ring_files = ring_files_,
                                  .runtime_directory = runtime_directory_,
                                  .environment = parts_.environment,
                                  .router_binary = std::move(parts_.router_binary)},
                                 router_config(config_, runtime_directory_), state.router, fds));
  TRY_ASSIGN(message_pipe_, fds.take(state.message_pipe));
  router_->set_message_fd(message_pipe_.get());
  return {};
}

Result<void> Instance::restore_slots(const UpgradeState& state, ArrivingFds& fds) {
  for (const KeptSocket& socket : state.sockets) {
    TRY_ASSIGN(base::Fd fd, fds.take(socket.fd));
    TRY(sockets_.restore(socket, std::move(fd)));
  }
  const auto& logs = router_->services();
  for (const KeptSlot& kept : state.slots) {
    const auto found = std::ranges::find_if(
        logs, [&](const auto& each) { return each->identity().service_id == kept.logs_id; });
    ServiceSlot slot{.config = nullptr,
                     .next = nullptr,
                     .logs = found == logs.end() ? nullptr : found->get(),
                     .stdio = static_cast<StdioMode>(kept.stdio),
                     .keeps_stdin = kept.keeps_stdin,
                     .terminal = static_cast<TerminalMode>(kept.terminal)};
    TRY_ASSIGN(slot.config, decode_service(kept.name, kept.config));
    if (!kept.next_name.empty()) {
      TRY_ASSIGN(slot.next, decode_service(kept.next_name, kept.next));
    }
    services_.push_back(std::move(slot));
  }
  return {};
}

/// A machine may have taken the rules of its next start already, whose configuration the slot takes
/// only with the spawn.
Result<void> Instance::restore_fleet(const UpgradeState& state) {
  std::vector<ServiceRules> rules;
  std::vector<ServiceRules> next;
  for (ServiceId id = 0; id < services_.size(); ++id) {
    const ServiceSlot& slot = services_[id];
    const bool is_ahead = slot.next && !state.fleet.members[id].service.has_next_rules;
    rules.push_back(service_rules(is_ahead ? *slot.next : *slot.config));
    next.push_back(slot.next ? service_rules(*slot.next) : rules.back());
  }
  fleet_ = std::make_unique<FleetMachine>(fleet_rules(), std::move(rules), *effects_);
  fleet_->restore(state.fleet, std::move(next));
  stages_->bind(*fleet_);
  effects_->bind(*fleet_);
  return {};
}

Result<void> Instance::restore_services(const UpgradeState& state, ArrivingFds& fds) {
  starter_->restore(state.notes_told);
  sweeper_->restore_orphans(state.orphans);
  for (ServiceId id = 0; id < services_.size(); ++id) {
    const KeptSlot& kept = state.slots[id];
    effects_->restore_since(id, kept.since_realtime_ns);
    sweeper_->restore(id, kept.traces);
    TRY(watch_->restore(id, kept.watch, fds));
    for (const KeptStored& stored : kept.stored) {
      TRY(fds_->restore(id, stored, fds));
    }
  }
  for (const KeptCheck& check : state.checks) {
    TRY_ASSIGN(base::Fd read, fds.take(check.read));
    TRY(watch_->checks().restore(check, std::move(read)));
  }
  for (const KeptHook& hook : state.hooks) {
    effects_->restore_hook(hook);
  }
  return {};
}

Result<void> Instance::answer_upgraders(const UpgradeState& state, ArrivingFds& fds) {
  const std::string answer = make_upgrade_answer({.version = BIRL_VERSION,
                                                  .former_version = state.former_version,
                                                  .binary = state.binary,
                                                  .pid = ::getpid()});
  for (const KeptFd client : state.waiting_clients) {
    TRY_ASSIGN(const base::Fd socket, fds.take(client));
    ::send(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  return {};
}

}  // namespace supervisor
