#include "supervisor/service_effects.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#include "base/clock.h"
#include "supervisor/process/command_argv.h"
#include "supervisor/process/environment.h"
#include "supervisor/process/last_resort.h"

namespace supervisor {

using base::Result;

namespace {

/// Rounded up, so that a timer never fires before its time.
std::uint64_t to_timer_ms(std::uint64_t delay_ns) {
  return (delay_ns + base::kNsPerMs - 1) / base::kNsPerMs;
}

SpawnRequest plain_request(const ServiceConfig& config) {
  SpawnRequest request;
  request.name = config.name;
  request.argv = command_argv(config.command);
  request.directory = config.directory;
  if (config.umask) {
    request.umask = static_cast<mode_t>(config.umask->bits);
  }
  request.nice = config.nice;
  return request;
}

}  // namespace

ServiceEffects::ServiceEffects(Parts parts)
    : parts_(std::move(parts)), fleet_timer_(parts_.loop, [this] {
        fleet_->on_fleet_timer(fleet_timer_generation_, base::monotonic_ns());
      }) {
  runs_.resize(parts_.services.size());
  for (ServiceId id = 0; id < runs_.size(); ++id) {
    runs_[id].since_realtime_ns = base::realtime_ns();
    runs_[id].timer = std::make_unique<base::Timer>(parts_.loop, [this, id] {
      fleet_->on_timer(id, runs_[id].timer_generation, base::monotonic_ns());
    });
  }
}

Result<std::unique_ptr<ServiceEffects>> ServiceEffects::open(Parts parts) {
  std::unique_ptr<ServiceEffects> effects(new ServiceEffects(std::move(parts)));
  effects->dev_null_ = base::Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!effects->dev_null_.valid()) {
    return base::fail_errno("cannot open /dev/null");
  }
  TRY(effects->open_watch());
  return effects;
}

Result<void> ServiceEffects::open_watch() {
  std::vector<const ServiceConfig*> configs;
  for (const Service& service : parts_.services) {
    configs.push_back(service.config);
  }
  TRY_ASSIGN(watch_, ServiceWatch::open(
                         {.loop = parts_.loop,
                          .diag = parts_.diag,
                          .launcher = parts_.launcher,
                          .services = std::move(configs),
                          .directory = parts_.runtime_directory,
                          .self_binary = parts_.self_binary,
                          .dev_null = dev_null_.get(),
                          .make_request = [this](ServiceId id) { return make_request(id); }}));
  return {};
}

void ServiceEffects::bind(FleetMachine& fleet) {
  fleet_ = &fleet;
  watch_->bind(fleet);
}

Result<SpawnRequest> ServiceEffects::make_request(ServiceId service) const {
  const ServiceConfig& config = *parts_.services[service].config;
  const AccountFiles files;
  SpawnRequest request = plain_request(config);
  std::optional<Account> account;
  if (!config.user.empty()) {
    TRY_ASSIGN(account, find_account(config.user, files));
  } else if (!config.group.empty() || !config.groups.empty()) {
    TRY_ASSIGN(account, find_account(std::to_string(::geteuid()), files));
  }
  if (account) {
    TRY_ASSIGN(request.identity, make_identity(*account, config.group, config.groups, files));
  }
  const EnvironmentSources sources{.container = parts_.container_environment,
                                   .directory = {},
                                   .account = config.user.empty() ? nullptr : &*account,
                                   .instance = config.name,
                                   .socket = parts_.runtime_directory + "/control.sock"};
  TRY_ASSIGN(const auto environment, build_environment(config, sources));
  request.environment = environment_list(environment);
  return request;
}

Result<pid_t> ServiceEffects::try_spawn(ServiceId service, std::uint32_t incarnation) {
  Service& parts = parts_.services[service];
  Result<SpawnRequest> made = make_request(service);
  if (!made) {
    return base::with_context(fmt::format("cannot start {}", parts.config->name),
                              std::move(made).error());
  }
  SpawnRequest request = std::move(*made);
  const uid_t uid = request.identity ? request.identity->uid : ::geteuid();
  const gid_t gid = request.identity ? request.identity->gid : ::getegid();
  TRY_ASSIGN(const IncarnationPipes pipes, parts.logs->open_incarnation(uid, gid));
  parts_.router.announce_pipes(*parts.logs, pipes.incarnation);
  request.fds = {{.source = pipes.stdout_write.get(), .target = STDOUT_FILENO},
                 {.source = pipes.stderr_write.get(), .target = STDERR_FILENO}};
  if (!parts.keeps_stdin) {
    request.fds.push_back({.source = dev_null_.get(), .target = STDIN_FILENO});
  }
  TRY_ASSIGN(const base::Fd ready_write_end, watch_->prepare(service, request));
  // The pid is known only when launch() returns, and the outcome comes never before that.
  return parts_.launcher.launch(request, [this, service, incarnation](const SpawnOutcome& outcome) {
    on_outcome(service, incarnation, runs_[service].spawning, outcome);
  });
}

void ServiceEffects::spawn(ServiceId service, std::uint32_t incarnation) {
  const Result<pid_t> pid = try_spawn(service, incarnation);
  if (!pid) {
    fleet_->on_spawn_failed(service, incarnation, kCodeNotExecutable, pid.error().message,
                            base::monotonic_ns());
    return;
  }
  runs_[service].spawning = *pid;
  watch_->on_spawning(service, *pid);
  const ServiceRules& rules = fleet_->service(service).rules();
  const Result<void> added =
      last_resort_add({.pid = *pid,
                       .role = rules.primary ? LastResortRole::kPrimary : LastResortRole::kService,
                       .stop_signal = rules.stop_signal,
                       .stop_group = rules.stop_to == StopTo::kGroup});
  if (!added) {
    warn_once(added.error().message);
  }
}

void ServiceEffects::on_outcome(ServiceId service, std::uint32_t incarnation, pid_t pid,
                                const SpawnOutcome& outcome) {
  runs_[service].spawning = 0;
  for (const std::string& note : outcome.notes) {
    warn_once(fmt::format("{}: {}", parts_.services[service].config->name, note));
  }
  const std::uint64_t now_ns = base::monotonic_ns();
  if (outcome.started) {
    fleet_->on_spawned(service, incarnation, pid, now_ns);
  } else {
    fleet_->on_spawn_failed(service, incarnation, outcome.exit_code, outcome.error.message, now_ns);
  }
}

void ServiceEffects::warn_once(const std::string& note) {
  if (notes_told_.insert(note).second) {
    parts_.diag.warn("{}", note);
  }
}

void ServiceEffects::abandon_spawn(ServiceId service) {
  parts_.launcher.abandon(std::exchange(runs_[service].spawning, 0));
}

void ServiceEffects::signal(ServiceId /*service*/, pid_t pid, int signal, StopTo target) {
  ::kill(target == StopTo::kGroup ? -pid : pid, signal);
}

void ServiceEffects::kill_group(ServiceId /*service*/, pid_t group) {
  ::kill(-group, SIGKILL);
}

bool ServiceEffects::group_alive(pid_t group) {
  return ::kill(-group, 0) == 0 || errno == EPERM;
}

void ServiceEffects::start_timer(ServiceId service, std::uint64_t delay_ns,
                                 const ServiceTimer& timer) {
  runs_[service].timer_generation = timer.generation;
  runs_[service].timer->start_once(to_timer_ms(delay_ns));
}

void ServiceEffects::cancel_timer(ServiceId service) {
  runs_[service].timer->stop();
}

std::uint64_t ServiceEffects::random() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits)) {
    bits = base::monotonic_ns();  // early at boot: jitter needs no quality
  }
  return bits;
}

void ServiceEffects::state_changed(ServiceId service, const StateChange& change) {
  runs_[service].since_realtime_ns = base::realtime_ns();
  watch_->on_state_changed(service, change.to);
  parts_.owner.on_state_changed(service, change);
}

void ServiceEffects::ended_for_good(ServiceId service, const Ending& ending) {
  if (fleet_->service(service).rules().primary) {
    last_resort_set_exit_code(ending.exit.container_code());
  }
}

void ServiceEffects::start_check(ServiceId service, CheckPurpose purpose, std::uint64_t number) {
  watch_->start_check(service, purpose, number);
}

void ServiceEffects::abandon_check(ServiceId service) {
  watch_->abandon_check(service);
}

void ServiceEffects::start_check_timer(ServiceId service, std::uint64_t delay_ns,
                                       std::uint64_t number) {
  watch_->start_check_timer(service, to_timer_ms(delay_ns), number);
}

void ServiceEffects::cancel_check_timer(ServiceId service) {
  watch_->cancel_check_timer(service);
}

void ServiceEffects::became_unhealthy(ServiceId service, std::string_view reason) {
  parts_.owner.on_unhealthy(service, reason);
}

void ServiceEffects::start_fleet_timer(std::uint64_t delay_ns, std::uint64_t generation) {
  fleet_timer_generation_ = generation;
  fleet_timer_.start_once(to_timer_ms(delay_ns));
}

void ServiceEffects::cancel_fleet_timer() {
  fleet_timer_.stop();
}

void ServiceEffects::shutdown_began(std::string_view reason, std::uint64_t /*deadline_ns*/) {
  parts_.owner.on_shutdown_began(reason);
}

void ServiceEffects::all_stopped(int exit_code, std::size_t left_behind) {
  parts_.owner.on_all_stopped(exit_code, left_behind);
}

}  // namespace supervisor
