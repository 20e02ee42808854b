#include "supervisor/instance.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "base/accounts.h"
#include "base/clock.h"
#include "base/unix_socket.h"
#include "supervisor/config/runtime_directory.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/process/leftovers.h"
#include "supervisor/process/reaper.h"
#include "supervisor/router_link/routes.h"

namespace supervisor {

using base::ErrorCode;
using base::Result;

namespace {

constexpr int kExitFailed = 1;
constexpr int kExitConfiguration = 2;
constexpr std::uint64_t kOwnRingBytes = 256U << 10U;
constexpr std::uint64_t kDrainMarginNs = 100 * base::kNsPerMs;  // of shutdown_timeout, to exit in
constexpr std::uint64_t kLeftoversNs = 500 * base::kNsPerMs;

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

ExitStatus exit_status(const ReapedChild& child) {
  return child.signal != 0 ? ExitStatus::signaled(child.signal)
                           : ExitStatus::exited(child.exit_code);
}

/// Before a configuration can say otherwise. PWR and RTMIN+3 come from LXC and systemd-nspawn.
bool is_stop_signal(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT || signal == SIGPWR ||
         signal == kSignalRtMin + 3;
}

/// Kubernetes shows this file as the reason why a container ended.
void write_termination_log(const std::string& text) {
  const base::Fd file(
      ::open("/dev/termination-log", O_WRONLY | O_TRUNC | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (file.valid()) {
    [[maybe_unused]] const auto written = ::write(file.get(), text.data(), text.size());
  }
}

}  // namespace

Instance::Instance(Parts parts)
    : parts_(std::move(parts)),
      launcher_(loop_, parts_.open_files),
      reap_again_(loop_, [this] { reap(); }),
      drain_timer_(loop_, [this] { on_router_drained(false); }),
      booted_ns_(base::monotonic_ns()) {}

Instance::~Instance() = default;

int Instance::run() {
  auto poll = base::Poll::open(loop_, parts_.signals.fd(), base::Poll::kReadable,
                               [this](int) { on_signals(); });
  if (!poll) {
    parts_.diag.error("{}", poll.error().message);
    return kExitFailed;
  }
  signal_poll_.emplace(std::move(*poll));
  if (const Result<void> begun = begin_loading(); !begun) {
    parts_.diag.error("{}", begun.error().message);
    return kExitFailed;
  }
  loop_.run();
  if (::getpid() != 1) {
    kill_leftovers(base::monotonic_ns() + kLeftoversNs);
  }
  return exit_code_;
}

void Instance::on_signals() {
  for (const ReceivedSignal& received : parts_.signals.read_pending()) {
    on_signal(received);
  }
}

void Instance::on_signal(const ReceivedSignal& received) {
  if (received.signal == SIGCHLD) {
    reap();
  } else if (fleet_) {
    apply(signal_table_.rule(received.signal), received.signal);
  } else if (config_child_ && is_stop_signal(received.signal)) {
    // Nothing runs yet but the child that reads the configuration.
    ::kill(config_child_->pid(), SIGKILL);
    end(0);
  }
}

void Instance::apply(const SignalRule& rule, int signal) {
  switch (rule.action) {
    case SignalAction::kIgnore:
      break;
    case SignalAction::kStop:
      fleet_->request_shutdown({.exit_code = std::nullopt,
                                .primary_signal = config_.configured ? 0 : rule.signal,
                                .reason = format_signal(signal)},
                               base::monotonic_ns());
      break;
    case SignalAction::kReload:
      parts_.diag.warn(
          "cannot reload: this version reads its configuration at the start only; restart the "
          "container");
      break;
    case SignalAction::kReopen:
      router_->reopen();
      break;
    case SignalAction::kRotate:
      router_->rotate({});
      break;
    case SignalAction::kForward:
      if (const auto primary = fleet_->first_primary()) {
        if (const pid_t pid = fleet_->service(*primary).pid(); pid > 0) {
          ::kill(pid, rule.signal);
        }
      }
      break;
  }
}

void Instance::reap() {
  const ReapResult reaped = reap_children();
  for (const ReapedChild& child : reaped.children) {
    on_child(child);
  }
  if (fleet_) {
    fleet_->on_reaped(base::monotonic_ns());
  }
  if (reaped.more) {
    reap_again_.start_once(0);
  }
}

void Instance::on_child(const ReapedChild& child) {
  last_resort_remove(child.pid);
  launcher_.settle(child.pid);
  const ExitStatus exit = exit_status(child);
  if (config_child_ && child.pid == config_child_->pid()) {
    on_loaded(child);
  } else if (router_ && router_->on_child_exited(child.pid, exit.describe())) {
    return;
  } else if (fleet_) {
    fleet_->on_child_exited(child.pid, exit, base::monotonic_ns());
  }
}

Result<void> Instance::begin_loading() {
  TRY_ASSIGN(config_child_, ConfigChild::start(launcher_, parts_.router_binary.get(),
                                               parts_.options, parts_.environment, "/tmp"));
  return {};
}

void Instance::on_loaded(const ReapedChild& child) {
  Result<Config> config = config_child_->finish(child);
  config_child_.reset();
  if (!config) {
    // The child has said what is wrong with the configuration itself.
    if (config.error().code != ErrorCode::kInvalid) {
      parts_.diag.error("{}", config.error().message);
    }
    end(kExitConfiguration);
    return;
  }
  if (const Result<void> begun = begin_running(std::move(*config)); !begun) {
    parts_.diag.error("{}", begun.error().message);
    end(kExitFailed);
  }
}

Result<void> Instance::begin_running(Config config) {
  config_ = std::move(config);
  parts_.diag.set_lowest(diag_level(config_.birl.log_level));
  TRY_ASSIGN(signal_table_, SignalTable::make(config_.configured, config_.birl.signals));
  TRY(choose_runtime_directory());
  TRY(set_up_last_resort());
  TRY(open_router());
  TRY(open_fleet());
  TRY(open_control());
  // From here on birl's own messages go the way of all logs: what went wrong above is said already.
  parts_.diag.redirect(message_pipe_.get(), "");
  router_->start();
  fleet_->boot(base::monotonic_ns());
  return {};
}

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
                                             .socket_path = runtime_directory_ + "/control.sock"}));
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
    TRY_ASSIGN(access.group, base::find_group(config_.birl.control.group, {}));
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

void Instance::on_state_changed(ServiceId service, const StateChange& change) {
  const ServiceMachine& machine = fleet_->service(service);
  const std::string& name = machine.rules().name;
  const bool bad = change.to == ServiceState::kBackoff || change.to == ServiceState::kFailed;
  const bool started = !machine.last_exit() || machine.last_exit()->kind != ExitKind::kNotStarted;
  // `birl run CMD` adds no word to what CMD says: how it ended is told by the exit code.
  const bool told_by_exit_code = !config_.configured && started;
  if (bad && !told_by_exit_code && fleet_->state() == FleetState::kRunning) {
    parts_.diag.warn("{}: {} ({})", name, service_state_name(change.to), change.reason);
  } else {
    parts_.diag.debug("{}: {} {}", name, service_state_name(change.to), change.reason);
  }
  if (adapter_ && change.to == ServiceState::kStarting) {
    adapter_->count_start(service);
  }
  if (control_) {
    control_->on_state_change();
  }
}

void Instance::on_shutdown_began(std::string_view reason) {
  shutdown_began_ns_ = base::monotonic_ns();
  end_reason_ = reason;
  parts_.diag.debug("shutting down: {}", reason);
}

void Instance::on_all_stopped(int exit_code, std::size_t left_behind) {
  if (left_behind > 0) {
    parts_.diag.warn("{} services could not be ended: the kernel holds their processes",
                     left_behind);
  }
  exit_code_ = exit_code;
  draining_ = true;
  const std::uint64_t now_ns = base::monotonic_ns();
  const std::uint64_t end_ns = shutdown_began_ns_ + config_.birl.shutdown_timeout.ns;
  const std::uint64_t deadline_ns = std::max(now_ns + kDrainMarginNs, end_ns - kDrainMarginNs);
  router_->drain(deadline_ns);
  drain_timer_.start_once((deadline_ns - now_ns) / base::kNsPerMs + 1);
}

void Instance::on_router_drained(bool complete) {
  if (!draining_) {
    return;
  }
  if (!complete) {
    // The router may be stuck with its own output; this line goes to standard error as it is.
    parts_.diag.redirect(STDERR_FILENO, "birl: ");
    for (const SinkStatus& sink : adapter_->status().sinks) {
      if (sink.buffered > 0) {
        parts_.diag.warn("sink {} did not take {} lines before the end: {}", sink.name,
                         sink.buffered, sink.last_error.empty() ? "too slow" : sink.last_error);
      }
    }
  }
  end(exit_code_);
}

void Instance::on_router_failing(const std::string& reason) {
  // Not by the router, which is what does not work.
  parts_.diag.redirect(STDERR_FILENO, "birl: ");
  parts_.diag.error("logs are not being delivered: {}", reason);
  parts_.diag.redirect(message_pipe_.get(), "");
  if (config_.birl.router_failure == RouterFailure::kShutdown) {
    fleet_->request_shutdown({.exit_code = kExitFailed, .primary_signal = 0, .reason = reason},
                             base::monotonic_ns());
  }
}

void Instance::end(int exit_code) {
  exit_code_ = exit_code;
  draining_ = false;
  if (!runtime_directory_.empty() && control_) {
    ::unlink((runtime_directory_ + "/control.sock").c_str());
  }
  write_termination_log(fmt::format("birl ended with {}: {}\n", exit_code, end_reason_));
  loop_.stop();
}

}  // namespace supervisor
