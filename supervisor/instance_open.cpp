// What a running instance is put together from, in the order in which it is needed.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "base/unix_socket.h"
#include "supervisor/config/runtime_directory.h"
#include "supervisor/instance.h"
#include "supervisor/process/accounts.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/router_link/routes.h"

namespace supervisor {

using base::Result;

namespace {

constexpr std::uint64_t kOwnRingBytes = 256U << 10U;

std::string variable(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment) {
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace

Result<void> Instance::choose_runtime_directory() {
  TRY_ASSIGN(runtime_directory_,
             make_runtime_directory(
                 {.configured = config_.birl.runtime_directory,
                  .xdg_runtime_directory = variable(parts_.environment, "XDG_RUNTIME_DIR"),
                  .uid = ::geteuid()}));
  TRY_ASSIGN(runtime_lock_, lock_runtime_directory(runtime_directory_));
  return {};
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
                                        .runtime_directory = runtime_directory_,
                                        .environment = parts_.environment,
                                        .router_binary = std::move(parts_.router_binary)},
                                       router_config(config_, runtime_directory_)));
  TRY_ASSIGN(ServiceLogs * own, router_->add_service({.service_id = 0,
                                                      .name = std::string(kOwnServiceName),
                                                      .sinks = sinks_of_own_messages(config_)},
                                                     kOwnRingBytes));
  TRY_ASSIGN(message_pipe_, own->open_message_pipe());
  router_->set_message_fd(message_pipe_.get());
  return {};
}

Result<ServiceEffects::Service> Instance::open_service(const ServiceConfig& config) {
  const std::uint64_t capacity =
      ring_capacity(config.ring.size, config_.birl.ring_memory, config_.services.size() + 1);
  TRY_ASSIGN(
      ServiceLogs * logs,
      router_->add_service(
          {.service_id = 0, .name = config.name, .sinks = sinks_of(config, config_)}, capacity));
  const bool is_command = !parts_.options.command.empty() && config.name == "main";
  return ServiceEffects::Service{.config = &config, .logs = logs, .keeps_stdin = is_command};
}

Result<void> Instance::open_fleet() {
  std::vector<ServiceRules> rules;
  for (const auto& [name, config] : config_.services) {
    TRY_ASSIGN(ServiceEffects::Service service, open_service(config));
    services_.push_back(service);
    rules.push_back(make_service_rules(config, parse_signal(config.stop.signal).value_or(SIGTERM)));
  }
  TRY_ASSIGN(effects_, ServiceEffects::open({.loop = loop_,
                                             .diag = parts_.diag,
                                             .launcher = launcher_,
                                             .router = *router_,
                                             .owner = *this,
                                             .services = services_,
                                             .container_environment = parts_.environment,
                                             .runtime_directory = runtime_directory_,
                                             .self_binary = parts_.self_binary.get()}));
  fleet_ =
      std::make_unique<FleetMachine>(make_fleet_rules(config_.birl), std::move(rules), *effects_);
  effects_->bind(*fleet_);
  return {};
}

Result<void> Instance::open_control() {
  std::vector<logging::SinkConfig> sinks;
  for (const auto& [name, sink] : config_.sinks) {
    sinks.push_back(sink);
  }
  adapter_ = std::make_unique<ControlAdapter>(ControlAdapter::Parts{.config = config_,
                                                                    .fleet = *fleet_,
                                                                    .effects = *effects_,
                                                                    .router = *router_,
                                                                    .services = services_,
                                                                    .sinks = std::move(sinks),
                                                                    .booted_ns = booted_ns_});
  const std::string path = runtime_directory_ + "/control.sock";
  TRY_ASSIGN(base::Fd listener,
             base::listen_unix(path, static_cast<mode_t>(config_.birl.control.mode.bits)));
  ControlAccess access{.user = ::geteuid(), .group = std::nullopt};
  if (!config_.birl.control.group.empty()) {
    TRY_ASSIGN(access.group, find_group(config_.birl.control.group, AccountFiles{}));
    if (::chown(path.c_str(), static_cast<uid_t>(-1), *access.group) != 0) {
      return base::fail_errno(fmt::format("cannot give {} to its group", path));
    }
  }
  if (variable(parts_.environment, "BIRL_DEBUG_FAULTS") == "1") {
    access.faults = ControlAccess::Faults::kAllowed;
  }
  TRY_ASSIGN(control_, ControlServer::open(loop_, std::move(listener), *adapter_, access));
  return {};
}

}  // namespace supervisor
