// How an instance is put together once its configuration is read: supervisor/instance.h.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/accounts.h"
#include "base/clock.h"
#include "base/unix_socket.h"
#include "supervisor/config/routes.h"
#include "supervisor/config/runtime_directory.h"
#include "supervisor/instance.h"
#include "supervisor/process/environment_directory.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/process/terminal.h"

namespace supervisor {

using base::Result;

namespace {

constexpr std::uint64_t kOwnRingBytes = 256U << 10U;

base::DiagLevel diag_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return base::DiagLevel::kDebug;
    case LogLevel::kInfo:
      return base::DiagLevel::kInfo;
    case LogLevel::kWarn:
      return base::DiagLevel::kWarn;
    case LogLevel::kError:
      return base::DiagLevel::kError;
  }
  return base::DiagLevel::kInfo;
}

std::string variable(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment) {
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace

Result<void> Instance::begin_running(Config config) {
  config_ = std::move(config);
  set_lowest_level();
  TRY_ASSIGN(signal_table_, SignalTable::make(config_.configured, config_.birl.signals));
  TRY(choose_runtime_directory());
  TRY(set_up_last_resort());
  TRY(open_router());
  TRY(open_fleet());
  set_lowest_level();  // a service may have got the terminal
  TRY(open_control());
  // From here on birl's own messages go the way of all logs: what went wrong above is said already.
  parts_.diag.redirect(message_pipe_.get(), "");
  router_->start();
  fleet_->boot(base::monotonic_ns());
  return {};
}

void Instance::set_lowest_level() {
  const bool somebody_works_there = terminal_ != TerminalMode::kNone;
  const LogLevel wanted = config_.birl.log_level;
  parts_.diag.set_lowest(
      diag_level(somebody_works_there ? std::max(wanted, LogLevel::kWarn) : wanted));
}

Result<void> Instance::choose_runtime_directory() {
  TRY_ASSIGN(runtime_directory_,
             make_runtime_directory(
                 {.configured = config_.birl.runtime_directory,
                  .xdg_runtime_directory = variable(parts_.environment, "XDG_RUNTIME_DIR"),
                  .uid = ::geteuid()}));
  TRY_ASSIGN(runtime_lock_, lock_runtime_directory(runtime_directory_));
  return reset_environment_directory(environment_directory());
}

std::string Instance::socket_path() const {
  return runtime_directory_ + "/control.sock";
}

std::string Instance::environment_directory() const {
  return runtime_directory_ + "/environment";
}

Result<void> Instance::set_up_last_resort() const {
  const std::uint64_t budget_ms = config_.birl.shutdown_timeout.ms();
  const std::uint64_t flush_ms = std::min<std::uint64_t>(budget_ms / 4, 5'000);
  return last_resort_install({.grace_ms = static_cast<std::uint32_t>(budget_ms - flush_ms),
                              .flush_ms = static_cast<std::uint32_t>(flush_ms)});
}

Result<void> Instance::open_router() {
  TRY_ASSIGN(router_, RouterLink::open({.loop = loop_,
                                        .diag = parts_.diag,
                                        .launcher = launcher_,
                                        .owner = *this,
                                        .ring_files = ring_files_,
                                        .runtime_directory = runtime_directory_,
                                        .environment = parts_.environment,
                                        .router_binary = std::move(parts_.router_binary)},
                                       router_config(config_, runtime_directory_)));
  TRY_ASSIGN(ServiceLogs * own, router_->add_service({.service_id = 0,
                                                      .name = std::string(kOwnServiceName),
                                                      .sinks = sinks_of_own_messages(config_)},
                                                     kOwnRingBytes));
  TRY_ASSIGN(message_pipe_, own->open_message_pipe(logging::Stream::kStderr));
  router_->set_message_fd(message_pipe_.get());
  return router_->set_dead_letters(sinks_of_dead_letters(config_), kDeadLetterRingBytes);
}

std::uint64_t Instance::capacity_of(const ServiceConfig& config) const {
  return ring_capacity(config.ring.size, config_.birl.ring_memory, config_.services.size() + 1);
}

Result<ServiceLogs*> Instance::open_logs(const ServiceConfig& config) {
  ServiceLogs::Identity identity{
      .service_id = 0, .name = config.name, .sinks = sinks_of(config, config_)};
  const auto file = waiting_rings_.find(config.name);
  if (file == waiting_rings_.end()) {
    return router_->add_service(std::move(identity), capacity_of(config));
  }
  RingFile ring = std::move(file->second);
  waiting_rings_.erase(file);
  return router_->add_service(std::move(identity), std::move(ring));
}

/// Rings that are files, for services that are about to be opened, and what an earlier life left.
Result<void> Instance::open_ring_files(const std::vector<std::string>& names) {
  std::map<std::string, std::vector<RingWish>> wishes;  // by directory
  for (const std::string& name : names) {
    const ServiceConfig& config = config_.services.at(name);
    if (!config.ring.directory.empty() && !router_->has_removed(name)) {
      wishes[config.ring.directory].push_back(
          {.service = name, .capacity = capacity_of(config), .ring_id = router_->new_ring_id()});
    }
  }
  for (const auto& [directory, wished] : wishes) {
    TRY_ASSIGN(std::vector<RingFile> rings, ring_files_.open(directory, wished));
    for (RingFile& ring : rings) {
      TRY(take_ring(std::move(ring)));
    }
  }
  if (base::Fd records = ring_files_.take_records(); records.valid()) {
    router_->set_file_records(std::move(records));
  }
  return {};
}

Result<void> Instance::take_ring(RingFile ring) {
  const std::string service = ring.info.service;
  if (!ring.info.is_leftover) {
    waiting_rings_.insert_or_assign(service, std::move(ring));
    return {};
  }
  ServiceLogs::Identity identity{.service_id = 0, .name = service, .sinks = {}};
  for (const auto& [name, sink] : config_.sinks) {
    if (std::ranges::find(ring.info.sink_ids, logging::sink_id_of(name)) !=
        ring.info.sink_ids.end()) {
      identity.sinks.push_back(name);
    }
  }
  TRY(router_->add_service(std::move(identity), std::move(ring)));
  return {};
}

Result<ServiceSlot> Instance::open_service(const ServiceConfig& config) {
  TRY_ASSIGN(ServiceLogs * logs, open_logs(config));
  const bool is_command = !parts_.options.command.empty() && config.name == "main";
  ServiceSlot slot{.config = std::make_unique<ServiceConfig>(config),
                   .next = nullptr,
                   .logs = logs,
                   .keeps_stdin = is_command};
  choose_stdio(slot);
  return slot;
}

/// As its configuration says now: also before a later start, since a reload may have changed it.
/// The first that inherits birl's descriptors has the terminal, from then on.
void Instance::choose_stdio(ServiceSlot& slot) {
  const bool takes_terminal = slot.keeps_stdin && is_on_terminal();
  slot.stdio = slot.config->stdio.value_or(takes_terminal ? StdioMode::kInherit : StdioMode::kPipe);
  if (slot.stdio == StdioMode::kInherit && terminal_ == TerminalMode::kNone) {
    terminal_ = offer_terminal();
    slot.terminal = terminal_;
  }
}

ServiceRules Instance::service_rules(const ServiceConfig& config) {
  ServiceRules rules =
      make_service_rules(config, parse_signal(config.stop.signal).value_or(SIGTERM));
  rules.sweeps = true;
  return rules;
}

Result<void> Instance::open_fleet() {
  for (const ListenSockets::Failure& failure : sockets_.open_missing(config_.services)) {
    parts_.diag.warn("{}: {}", failure.service, failure.error.message);  // its start tries again
  }
  std::vector<ServiceRules> rules;
  std::vector<std::string> names;
  for (const auto& [name, config] : config_.services) {
    names.push_back(name);
  }
  TRY(open_ring_files(names));
  for (const auto& [name, config] : config_.services) {
    TRY_ASSIGN(ServiceSlot service, open_service(config));
    services_.push_back(std::move(service));
    rules.push_back(service_rules(config));
  }
  if (config_.birl.cgroups) {
    cgroups_.open(parts_.diag);
  }
  TRY(open_effects());
  fleet_ = std::make_unique<FleetMachine>(fleet_rules(), std::move(rules), *effects_);
  stages_->bind(*fleet_);
  effects_->bind(*fleet_);
  return {};
}

Result<void> Instance::open_effects() {
  TRY_ASSIGN(starter_,
             ServiceStarter::open({.diag = parts_.diag,
                                   .launcher = launcher_,
                                   .helpers = helpers_,
                                   .router = *router_,
                                   .container_environment = parts_.environment,
                                   .environment_directory = environment_directory(),
                                   .socket_path = socket_path(),
                                   .strict = StrictIdentity{config_.birl.strict_identity}}));
  hooks_ = std::make_unique<HookRunner>(*starter_, services_);
  stages_ = std::make_unique<StageRunner>(StageRunner::Parts{
      .loop = loop_,
      .diag = parts_.diag,
      .helpers = helpers_,
      .starter = *starter_,
      .open_logs = [this](const ServiceConfig& stage) { return open_logs(stage); },
      .tell = [this](const Event& event) { tell(event); },
      .environment_directory = environment_directory(),
      .directories = stage_directories()});
  open_watch();
  effects_ = std::make_unique<ServiceEffects>(ServiceEffects::Parts{.loop = loop_,
                                                                    .diag = parts_.diag,
                                                                    .starter = *starter_,
                                                                    .hooks = *hooks_,
                                                                    .stages = *stages_,
                                                                    .watch = *watch_,
                                                                    .sockets = sockets_,
                                                                    .fds = *fds_,
                                                                    .cgroups = cgroups_,
                                                                    .sweeper = *sweeper_,
                                                                    .owner = *this,
                                                                    .services = services_});
  return {};
}

void Instance::open_watch() {
  sweeper_ = std::make_unique<Sweeper>(
      Sweeper::Parts{.diag = parts_.diag,
                     .launcher = launcher_,
                     .helpers = helpers_,
                     .cgroups = cgroups_,
                     .services = services_,
                     .socket_path = socket_path(),
                     .main_pids = [this] { return watch_->told_main_pids(); }});
  fds_ = std::make_unique<FdStore>(
      FdStore::Parts{.loop = loop_,
                     .diag = parts_.diag,
                     .helpers = helpers_,
                     .services = services_,
                     .drained = [this](ServiceId service) { watch_->on_fds_closed(service); }});
  watch_ = std::make_unique<ServiceWatch>(
      ServiceWatch::Parts{.loop = loop_,
                          .diag = parts_.diag,
                          .launcher = launcher_,
                          .starter = *starter_,
                          .sweeper = *sweeper_,
                          .fds = *fds_,
                          .services = services_,
                          .directory = runtime_directory_,
                          .is_known = [this](pid_t pid) { return is_known_child(pid); },
                          .self_binary = parts_.self_binary.get()});
}

bool Instance::is_known_child(pid_t pid) const {
  const std::vector<pid_t> launched = launcher_.alive();
  return std::ranges::find(launched, pid) != launched.end() || helpers_.pids().contains(pid) ||
         fleet_->find_by_pid(pid).has_value();
}

FleetRules Instance::fleet_rules() const {
  FleetRules rules = make_fleet_rules(config_.birl);
  rules.stages = make_stage_rules(config_.init, config_.finish);
  return rules;
}

std::array<std::string, kStageNames.size()> Instance::stage_directories() const {
  return {config_.init.scripts, config_.finish.before_stop, config_.finish.scripts};
}

/// Where a service allows somebody something, everybody may connect: who may what is looked at
/// then.
mode_t Instance::socket_mode() const {
  constexpr mode_t kEverybodyConnects = 0666;
  const bool somebody_is_allowed = std::ranges::any_of(
      config_.services, [](const auto& service) { return !service.second.allow.empty(); });
  const auto mode = static_cast<mode_t>(config_.birl.control.mode.bits);
  return somebody_is_allowed ? mode | kEverybodyConnects : mode;
}

/// kNotFound: there is no such group.
Result<ControlAccess> Instance::control_access(const ControlConfig& config) const {
  ControlAccess access{.user = ::geteuid(), .group = std::nullopt};
  if (!config.group.empty()) {
    TRY_ASSIGN(access.group, base::find_group(config.group, {}));
  }
  if (variable(parts_.environment, "BIRL_DEBUG_FAULTS") == "1") {
    access.faults = ControlAccess::Faults::kAllowed;
  }
  return access;
}

/// At boot, and when the configuration has changed.
void Instance::open_to_others(const ControlAccess& access) {
  for (const std::string& group : adapter_->learn_groups()) {
    parts_.diag.warn("cannot allow group {} anything: there is no such group", group);
  }
  const std::string path = socket_path();
  const gid_t group = access.group.value_or(::getegid());
  if (::chown(path.c_str(), static_cast<uid_t>(-1), group) != 0 ||
      ::chmod(path.c_str(), socket_mode()) != 0) {
    parts_.diag.warn("{}", base::fail_errno("cannot change who may connect").value().message);
  }
}

void Instance::open_adapter() {
  reload_ = std::make_unique<ServiceReload>(
      ServiceReload::Parts{.loop = loop_,
                           .fleet = *fleet_,
                           .hooks = *hooks_,
                           .services = services_,
                           .ended = [this](ServiceId service) { on_service_reloaded(service); }});
  open_reload();
  open_upgrade();
  adapter_ = std::make_unique<ControlAdapter>(
      ControlAdapter::Parts{.config = config_,
                            .fleet = *fleet_,
                            .sweeper = *sweeper_,
                            .effects = *effects_,
                            .reload = *reload_,
                            .router = *router_,
                            .services = services_,
                            .config_reload = *config_reload_,
                            .scale = [this](const std::string& service,
                                            std::uint32_t count) { return scale(service, count); },
                            .upgrade = *upgrade_,
                            .events = events_,
                            .booted_ns = booted_ns_,
                            .runtime_directory = runtime_directory_});
}

Result<void> Instance::open_control() {
  open_adapter();
  TRY_ASSIGN(base::Fd listener, base::listen_unix(socket_path(), socket_mode()));
  return open_server(std::move(listener));
}

Result<void> Instance::open_server(base::Fd listener) {
  TRY_ASSIGN(const ControlAccess access, control_access(config_.birl.control));
  open_to_others(access);
  control_listener_ = listener.get();
  TRY_ASSIGN(control_, ControlServer::open(loop_, std::move(listener), *adapter_, access));
  return {};
}

}  // namespace supervisor
