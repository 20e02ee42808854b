#include "supervisor/instance.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/process/leftovers.h"
#include "supervisor/process/reaper.h"
#include "supervisor/process/terminal.h"

namespace supervisor {

using base::ErrorCode;
using base::Result;

namespace {

constexpr int kExitFailed = 1;
constexpr int kExitConfiguration = 2;
constexpr std::uint64_t kDrainMarginNs = 100 * base::kNsPerMs;  // of shutdown_timeout, to exit in
constexpr std::uint64_t kSlowStopNs = 1 * base::kNsPerSecond;
constexpr std::uint64_t kLeftoversNs = 500 * base::kNsPerMs;
constexpr std::uint64_t kCgroupsNs = 50 * base::kNsPerMs;

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
      helpers_(loop_),
      reap_again_(loop_, [this] { reap(); }),
      drain_timer_(loop_, [this] { on_router_drained(false); }),
      booted_ns_(base::monotonic_ns()) {}

Instance::~Instance() = default;

Result<void> Instance::watch_signals() {
  TRY_ASSIGN(signal_poll_, base::Poll::open(loop_, parts_.signals.fd(), base::Poll::kReadable,
                                            [this](int) { on_signals(); }));
  return {};
}

int Instance::run() {
  if (const Result<void> watched = watch_signals(); !watched) {
    parts_.diag.error("{}", watched.error().message);
    return kExitFailed;
  }
  if (const Result<void> begun = begin_loading(); !begun) {
    parts_.diag.error("{}", begun.error().message);
    return kExitFailed;
  }
  return run_loop();
}

int Instance::run_loop() {
  loop_.run();
  cgroups_.end(base::monotonic_ns() + kCgroupsNs);
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
      begin_reload();
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
  helpers_.settle(child.pid);
  const ExitStatus exit = exit_status(child);
  if (config_child_ && child.pid == config_child_->pid()) {
    on_loaded(child);
  } else if (config_reload_ && config_reload_->on_child_exited(child)) {
    return;
  } else if (upgrade_ && upgrade_->on_child_exited(child)) {
    return;
  } else if (router_ && router_->on_child_exited(child.pid, exit)) {
    tell_router_ended(child);
  } else if (hooks_ && hooks_->on_child_exited(child.pid, exit)) {
    return;
  } else if (watch_ && watch_->on_child_exited(child.pid, exit)) {
    return;
  } else if (fleet_ && !fleet_->on_script_exited(child.pid, exit, base::monotonic_ns())) {
    watch_->read_pending(child.pid);
    sweeper_->forget(child.pid);
    tell_exit(child);
    fleet_->on_child_exited(child.pid, exit, base::monotonic_ns());
  }
}

Result<void> Instance::begin_loading() {
  TRY_ASSIGN(config_child_,
             ConfigChild::start(launcher_, parts_.config_reader.get(), parts_.options,
                                parts_.environment, "/tmp", STDERR_FILENO));
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

void Instance::on_state_changed(ServiceId service, const StateChange& change) {
  const ServiceMachine& machine = fleet_->service(service);
  const std::string& name = machine.rules().name;
  const bool run_failed = change.to == ServiceState::kWaiting && !change.reason.empty();
  const bool bad = change.to == ServiceState::kBackoff || change.to == ServiceState::kFailed ||
                   run_failed;  // of a schedule
  const bool started = !machine.last_exit() || machine.last_exit()->kind != ExitKind::kNotStarted;
  // `birl run CMD` adds no word to what CMD says: how it ended is told by the exit code.
  const bool told_by_exit_code = !config_.configured && started;
  if (bad && !told_by_exit_code && fleet_->state() == FleetState::kRunning) {
    parts_.diag.warn("{}: {} ({})", name, service_state_name(change.to), change.reason);
  } else {
    parts_.diag.debug("{}: {} {}", name, service_state_name(change.to), change.reason);
  }
  if (change.from == ServiceState::kStarting) {
    RouterLink::forget_line(*services_[service].logs);
  }
  if (fleet_->is_removed(service) && is_at_rest(change.to)) {
    router_->remove_service(*services_[service].logs);
  }
  if (adapter_ && change.to == ServiceState::kStarting) {
    adapter_->count_start(service);
  }
  if (path_watch_) {
    follow_watch(service);
  }
  tell_state(machine, change);
  if (control_) {
    control_->on_state_change();
  }
}

void Instance::on_unhealthy(ServiceId service, std::string_view reason) {
  const std::string& name = fleet_->service(service).rules().name;
  parts_.diag.warn("{}: {}", name, reason);
  tell({.event = "unhealthy",
        .service = name,
        .state = service_state_name(fleet_->service(service).state()),
        .reason = std::string(reason)});
  if (control_) {
    control_->on_state_change();
  }
}

void Instance::on_run_not_made(ServiceId service, std::string_view why) {
  parts_.diag.warn("{}: {}", fleet_->service(service).rules().name, why);
}

void Instance::on_shutdown_began(std::string_view reason) {
  shutdown_began_ns_ = base::monotonic_ns();
  end_reason_ = reason;
  parts_.diag.debug("shutting down: {}", reason);
  tell({.event = "shutdown", .reason = end_reason_});
}

void Instance::on_all_stopped(int exit_code, std::size_t left_behind) {
  if (left_behind > 0) {
    parts_.diag.warn("{} services could not be ended: the kernel holds their processes",
                     left_behind);
  }
  tell_slow_stops();
  sweeper_->kill_orphans();
  exit_code_ = exit_code;
  draining_ = true;
  const std::uint64_t now_ns = base::monotonic_ns();
  const std::uint64_t end_ns = shutdown_began_ns_ + config_.birl.shutdown_timeout.ns;
  const std::uint64_t deadline_ns = std::max(now_ns + kDrainMarginNs, end_ns - kDrainMarginNs);
  router_->drain(deadline_ns);
  drain_timer_.start_once((deadline_ns - now_ns) / base::kNsPerMs + 1);
}

/// Who held the end up: among the last lines that are printed.
void Instance::tell_slow_stops() const {
  for (ServiceId id = 0; id < fleet_->service_count(); ++id) {
    const ServiceMachine& machine = fleet_->service(id);
    const std::optional<StopReport>& stop = machine.stop_report();
    const bool is_of_the_end = stop && machine.since_ns() >= shutdown_began_ns_;
    const bool is_slow = stop && config_.configured && stop->took_ns >= kSlowStopNs;
    if (is_of_the_end && (stop->killed || is_slow)) {
      parts_.diag.warn("{}: {:.1f} s of {}{}", machine.rules().name,
                       static_cast<double>(stop->took_ns) / double{base::kNsPerSecond},
                       base::format_duration(config_.birl.shutdown_timeout.ns),
                       stop->killed ? ", killed" : "");
    }
  }
}

void Instance::on_router_ready() {
  tell({.event = "router_started", .pid = router_->pid(), .restarts = router_->restarts()});
  control_->on_state_change();  // somebody may wait for the end of a reload
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
  if (terminal_ == TerminalMode::kForegroundGroup) {
    take_terminal_back();
  }
  tell({.event = "end", .exit_code = exit_code, .reason = end_reason_});
  if (!runtime_directory_.empty() && control_) {
    control_->flush_followers();
    ::unlink(socket_path().c_str());
  }
  write_termination_log(fmt::format("birl ended with {}: {}\n", exit_code, end_reason_));
  loop_.stop();
}

}  // namespace supervisor
