#include "supervisor/service_effects.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "base/clock.h"
#include "supervisor/config/signal_names.h"
#include "supervisor/process/last_resort.h"

namespace supervisor {

namespace {

ServiceHook service_hook(HookKind hook) {
  switch (hook) {
    case HookKind::kStop:
      return ServiceHook::kStop;
    case HookKind::kExit:
    case HookKind::kSweep:
      return ServiceHook::kExit;
  }
  return ServiceHook::kExit;
}

/// What on_exit is told of the run that ended.
std::vector<std::string> describe_end(const ServiceMachine& machine, std::string_view reason) {
  const ExitStatus exit = machine.last_exit().value_or(ExitStatus::exited(0));
  return {
      fmt::format("BIRL_EXIT_CODE={}", exit.container_code()),
      fmt::format("BIRL_SIGNAL={}",
                  exit.kind == ExitKind::kSignaled ? format_signal(exit.signal) : std::string()),
      fmt::format("BIRL_RESTARTS={}", machine.restarts()), fmt::format("BIRL_REASON={}", reason)};
}

}  // namespace

ServiceEffects::ServiceEffects(Parts parts)
    : parts_(std::move(parts)),
      fleet_timer_(
          parts_.loop,
          [this] { fleet_->on_fleet_timer(fleet_timer_generation_, base::monotonic_ns()); }),
      schedule_timer_(parts_.loop, [this] { fleet_->on_schedule_timer(base::monotonic_ns()); }),
      wall_timer_(parts_.loop, [this] { fleet_->on_schedule_timer(base::monotonic_ns()); }) {
  grow();
}

void ServiceEffects::grow() {
  const auto known = static_cast<ServiceId>(runs_.size());
  runs_.resize(parts_.services.size());
  for (ServiceId id = known; id < runs_.size(); ++id) {
    runs_[id].since_realtime_ns = base::realtime_ns();
    runs_[id].timer = std::make_unique<base::Timer>(parts_.loop, [this, id] {
      fleet_->on_timer(id, runs_[id].timer_generation, base::monotonic_ns());
    });
  }
}

void ServiceEffects::bind(FleetMachine& fleet) {
  fleet_ = &fleet;
  parts_.watch.bind(fleet);
}

void ServiceEffects::spawn(ServiceId service, std::uint32_t incarnation) {
  ServiceSlot& slot = parts_.services[service];
  if (slot.next) {
    slot.config = std::move(slot.next);
    parts_.owner.on_config_taken(service);
  }
  const ServiceRules& rules = fleet_->service(service).rules();
  runs_[service].start = parts_.starter.begin(
      {.service = slot,
       .name = rules.name,
       .command = slot.config->command,
       .is_service = true,
       .equip = [this, service](SpawnRequest& request) { return equip(service, request); },
       .cloned = [this, service](pid_t pid) { parts_.watch.on_spawning(service, pid); },
       .last_resort = LastResortChild{.role = rules.primary ? LastResortRole::kPrimary
                                                            : LastResortRole::kService,
                                      .stop_signal = rules.stop_signal,
                                      .stop_group = rules.stop_to == StopTo::kGroup}},
      [this, service, incarnation](pid_t pid, const SpawnOutcome& outcome) {
        on_outcome(service, incarnation, pid, outcome);
      });
}

base::Result<base::Fd> ServiceEffects::equip(ServiceId service, SpawnRequest& request) {
  parts_.sweeper.on_launching(service, request.identity);
  TRY_ASSIGN(std::vector<PassedFd> passed,
             parts_.sockets.sockets_of(*parts_.services[service].config));
  parts_.fds.on_starting(service);
  std::ranges::copy(parts_.fds.stored(service), std::back_inserter(passed));
  pass_fds(passed, request);
  request.cgroup = parts_.cgroups.enter(parts_.services[service].config->name);
  return parts_.watch.prepare(service, request);
}

void ServiceEffects::on_outcome(ServiceId service, std::uint32_t incarnation, pid_t pid,
                                const SpawnOutcome& outcome) {
  const std::uint64_t now_ns = base::monotonic_ns();
  if (outcome.started) {
    fleet_->on_spawned(service, incarnation, pid, now_ns);
  } else {
    fleet_->on_spawn_failed(service, incarnation, outcome.exit_code, outcome.error.message, now_ns);
  }
}

void ServiceEffects::abandon_spawn(ServiceId service) {
  parts_.starter.abandon(runs_[service].start);
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

void ServiceEffects::run_hook(ServiceId service, HookKind hook, std::string_view reason) {
  if (hook == HookKind::kSweep) {
    return parts_.sweeper.run(service, [this, service] {
      fleet_->on_hook_done(service, HookKind::kSweep, base::monotonic_ns());
    });
  }
  std::vector<std::string> environment;
  if (hook == HookKind::kExit) {
    environment = describe_end(fleet_->service(service), reason);
  }
  parts_.hooks.run(service, service_hook(hook), environment, hook_waiter(service, hook));
}

HookRunner::Done ServiceEffects::hook_waiter(ServiceId service, HookKind hook) {
  return [this, service, hook](const base::Result<void>& result) {
    tell_failure(service, result);
    fleet_->on_hook_done(service, hook, base::monotonic_ns());
  };
}

void ServiceEffects::restore_hook(const KeptHook& hook) {
  const ServiceId service = hook.service;
  const auto kind = static_cast<ServiceHook>(hook.hook);
  if (kind == ServiceHook::kReady) {
    return parts_.hooks.restore(
        hook, [this, service](const base::Result<void>& result) { tell_failure(service, result); });
  }
  parts_.hooks.restore(
      hook, hook_waiter(service, kind == ServiceHook::kStop ? HookKind::kStop : HookKind::kExit));
}

void ServiceEffects::abandon_hook(ServiceId service, HookKind hook) {
  if (hook == HookKind::kSweep) {
    return parts_.sweeper.abandon(service);
  }
  parts_.hooks.abandon(service, service_hook(hook));
}

/// on_ready is nobody's to wait for; it goes with the run that it belongs to.
void ServiceEffects::follow_readiness(ServiceId service, const StateChange& change) {
  const ServiceConfig& config = *parts_.services[service].config;
  if (config.on_ready.empty()) {
    return;
  }
  const bool is_oneshot = config.type == ServiceType::kOneshot;
  if (change.to == (is_oneshot ? ServiceState::kDone : ServiceState::kRunning)) {
    parts_.hooks.run(
        service, ServiceHook::kReady, {},
        [this, service](const base::Result<void>& result) { tell_failure(service, result); });
  } else if (change.from == ServiceState::kRunning) {
    parts_.hooks.abandon(service, ServiceHook::kReady);
  }
}

void ServiceEffects::tell_failure(ServiceId service, const base::Result<void>& result) {
  if (!result) {
    parts_.owner.on_hook_failed(service, result.error().message);
  }
}

void ServiceEffects::start_timer(ServiceId service, std::uint64_t delay_ns,
                                 const ServiceTimer& timer) {
  runs_[service].timer_generation = timer.generation;
  runs_[service].timer->start_once(base::to_timer_ms(delay_ns));
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
  if (change.to == ServiceState::kStopping && fleet_->state() == FleetState::kRunning &&
      fleet_->service(service).rules().sweeps) {
    parts_.sweeper.note_descendants(service);
  }
  parts_.watch.on_state_changed(service, change.to);
  if (is_at_rest(change.to)) {
    parts_.fds.clear(service);
    parts_.cgroups.remove(fleet_->service(service).rules().name);
  }
  parts_.owner.on_state_changed(service, change);
  follow_readiness(service, change);
}

void ServiceEffects::ended_for_good(ServiceId service, const Ending& ending) {
  if (fleet_->service(service).rules().primary) {
    last_resort_set_exit_code(ending.exit.container_code());
  }
}

void ServiceEffects::start_check(ServiceId service, CheckPurpose purpose, std::uint64_t number) {
  parts_.watch.start_check(service, purpose, number);
}

void ServiceEffects::abandon_check(ServiceId service) {
  parts_.watch.abandon_check(service);
}

void ServiceEffects::start_check_timer(ServiceId service, std::uint64_t delay_ns,
                                       std::uint64_t number) {
  parts_.watch.start_check_timer(service, base::to_timer_ms(delay_ns), number);
}

void ServiceEffects::cancel_check_timer(ServiceId service) {
  parts_.watch.cancel_check_timer(service);
}

void ServiceEffects::became_unhealthy(ServiceId service, std::string_view reason) {
  parts_.owner.on_unhealthy(service, reason);
}

std::uint64_t ServiceEffects::realtime_ns() {
  return base::realtime_ns();
}

void ServiceEffects::start_schedule_timer(std::optional<std::uint64_t> delay_ns,
                                          std::optional<std::uint64_t> realtime_ns) {
  delay_ns ? schedule_timer_.start_once(base::to_timer_ms(*delay_ns)) : schedule_timer_.stop();
  if (const auto set = wall_timer_.set(realtime_ns); !set) {
    parts_.diag.warn("{}", set.error().message);
  }
}

void ServiceEffects::run_not_made(ServiceId service, std::string_view why) {
  parts_.owner.on_run_not_made(service, why);
}

void ServiceEffects::start_fleet_timer(std::uint64_t delay_ns, std::uint64_t generation) {
  fleet_timer_generation_ = generation;
  fleet_timer_.start_once(base::to_timer_ms(delay_ns));
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
