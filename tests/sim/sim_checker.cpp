#include "tests/sim/sim_checker.h"

#include <algorithm>

namespace sim {
namespace {

using supervisor::ChildPhase;
using supervisor::RestartPolicy;
using supervisor::ServiceState;

bool is_unasked(ServiceState state) {
  return state == ServiceState::kRunning || state == ServiceState::kStarting;
}

}  // namespace

Checker::Checker(const Scenario& scenario, Tracing tracing)
    : scenario_(scenario),
      tracing_(tracing),
      books_(scenario.services.size()),
      order_(scenario.services),
      acted_on_(scenario.services.size(), false) {
  for (const supervisor::ServiceRules& rules : scenario.services) {  // one after another
    sweep_least_ns_ += rules.sweeps ? rules.limits.exit_hook_least_ns + kSlackNs : 0;
  }
}

void Checker::require(bool holds, std::string_view what) {
  if (!holds && failure_.empty()) {
    failure_ = what;
    note("FAILED: {}", what);
  }
}

// ---- the books ----

void Checker::on_spawn(ServiceId service, std::uint64_t now_ns) {
  note("{:>12} s{} spawn", now_ns, service);
  require(!shutdown_began_ns_, "a start during the shutdown");
  require(!order_.find_obstacle(service), "a start before what it depends on");
  ++books_[service].spawns;
}

void Checker::on_asked_to_stop(ServiceId service, pid_t pid, std::uint64_t now_ns) {
  Books& books = books_[service];
  if (books.asked != pid) {
    books.stop_due_ns = now_ns + scenario_.services[service].stop_timeout_ns;
  }
  books.asked = pid;
  require(!shutdown_began_ns_ || hurried_ || !books.stops_for_the_end ||
              !order_.has_dependent_that_is_up(service),
          "asked to stop before those that depend on it are gone");
}

void Checker::on_sweep(ServiceId service, std::uint64_t now_ns) {
  note("{:>12} s{} sweep", now_ns, service);
  const supervisor::ServiceLimits& limits = scenario_.services[service].limits;
  require(!hurried_, "a sweep in a hurry");
  books_[service].sweep_due_ns = now_ns + limits.sweep_ns;
  books_[service].sweep_began_ns = now_ns;
}

void Checker::on_unhealthy(ServiceId service, std::string_view reason) {
  note("             s{} {}", service, reason);
  if (scenario_.services[service].unhealthy_then == supervisor::UnhealthyThen::kShutdown &&
      !shutdown_began_ns_ && !decided_code_) {
    decided_code_ = 1;
  }
}

void Checker::on_spawn_failed(ServiceId service, int exit_code) {
  books_[service].last_code = exit_code;
  ++books_[service].crashes;
}

void Checker::on_abandon(ServiceId service, ServiceState state) {
  if (is_unasked(state)) {
    books_[service].last_code = supervisor::kCodeNotExecutable;
    ++books_[service].crashes;
  }
}

void Checker::on_exit(ServiceId service, const supervisor::ExitStatus& exit, ServiceState state) {
  note("             s{} {}", service, exit.describe());
  books_[service].last_code = exit.container_code();
  books_[service].crashes += is_unasked(state) ? 1U : 0U;
}

void Checker::on_state_changed(ServiceId service, const supervisor::StateChange& change,
                               std::uint64_t now_ns) {
  note("{:>12} s{} {} -> {} ({})", now_ns, service, supervisor::service_state_name(change.from),
       supervisor::service_state_name(change.to), change.reason);
  Books& books = books_[service];
  const supervisor::ServiceRules& rules = scenario_.services[service];
  if (change.from == ServiceState::kBackoff && change.to == ServiceState::kWaiting &&
      !acted_on_[service]) {
    check_restart(books, rules, now_ns);
  }
  books.state_since_ns = now_ns;
  order_.on_state_changed(service, change.to);
  if (change.to == ServiceState::kStopping) {
    books.stop_due_ns = now_ns + rules.stop_timeout_ns;
    books.stops_for_the_end = shutdown_began_ns_.has_value();
  }
  const bool run_failed = change.to == ServiceState::kWaiting && !change.reason.empty();
  if (change.from == ServiceState::kStopping &&
      (change.to == ServiceState::kBackoff || change.to == ServiceState::kFailed || run_failed)) {
    ++books.crashes;  // it was stopped because it did not work
  }
  const bool rests = supervisor::is_at_rest(change.to);
  if (rests && rules.primary && shutdown_began_ns_ && books.last_code && !decided_code_) {
    decided_code_ = books.last_code;
  }
}

void Checker::check_restart(Books& books, const supervisor::ServiceRules& rules,
                            std::uint64_t now_ns) {
  ++books.restarts;
  const auto shortest = static_cast<std::uint64_t>(
      static_cast<double>(std::min(rules.backoff.initial.ns, rules.backoff.max.ns)) *
      (1.0 - rules.backoff.jitter));
  require(now_ns - books.state_since_ns >= shortest, "a restart before its back-off was over");
  books.restarts_ns.push_back(books.state_since_ns);
  const std::uint64_t count = rules.restart_limit.count;
  const std::size_t seen = books.restarts_ns.size();
  if (count != 0 && !books.touched && !rules.schedule && seen > count) {
    require(books.restarts_ns[seen - 1] - books.restarts_ns[seen - 1 - count] >=
                rules.restart_limit.within.ns,
            "more restarts than restart_limit allows");
  }
}

void Checker::on_ended_for_good(ServiceId service, const supervisor::Ending& ending) {
  const int code = ending.exit.container_code();
  const supervisor::ServiceRules& rules = scenario_.services[service];
  // One that was stopped because it did not work has failed, however well it took that.
  const bool may_be_judged = rules.ready_timeout_ns || rules.run_timeout_ns ||
                             rules.checks.health != supervisor::HealthSource::kNone;
  require(books_[service].last_code == code || (may_be_judged && code == 1),
          "an end that did not happen");
  if (!decided_code_ && ends_all(service, ending)) {
    decided_code_ = code;
  }
}

bool Checker::ends_all(ServiceId service, const supervisor::Ending& ending) const {
  const bool takes_a_primary = order_.state(service) == ServiceState::kFailed &&
                               !shutdown_began_ns_ && order_.has_primary_that_requires(service);
  return scenario_.services[service].primary || takes_a_primary ||
         ending.effect == supervisor::EndingEffect::kShutdown;
}

void Checker::on_action(const Action& action, std::uint64_t now_ns) {
  note("{:>12} operator: {} s{}", now_ns, static_cast<int>(action.kind), action.service);
  if (action.kind == ActionKind::kSetClock || action.kind == ActionKind::kUpgrade) {
    return;
  }
  if (action.kind != ActionKind::kShutdown) {
    acted_on_ = order_.related_to(action.service);
    if (action.kind == ActionKind::kReload) {
      const std::vector<bool> others = order_.related_to(action.other);
      for (ServiceId id = 0; id < books_.size(); ++id) {
        acted_on_[id] = acted_on_[id] || others[id];
      }
    }
    for (ServiceId id = 0; id < books_.size(); ++id) {
      books_[id].touched = books_[id].touched || acted_on_[id];
    }
    return;
  }
  if (action.exit_code && !decided_code_) {
    decided_code_ = action.exit_code;
    decided_by_operator_ = true;
  }
  if (shutdown_began_ns_) {
    shutdown_due_ns_ = std::min(shutdown_due_ns_ + (hurried_ ? 0 : sweep_least_ns_), now_ns);
    hurried_ = true;
  }
}

void Checker::on_shutdown_began(std::string_view reason, std::uint64_t deadline_ns,
                                std::uint64_t now_ns) {
  note("{:>12} shutdown: {}", now_ns, reason);
  require(!shutdown_began_ns_, "the shutdown began twice");
  require(deadline_ns <= now_ns + budget_ns(), "a deadline beyond the budget");
  require(deadline_ns >= now_ns + budget_ns() / 4 * 3, "a deadline that wastes the budget");
  shutdown_began_ns_ = now_ns;
  shutdown_due_ns_ = deadline_ns;
}

void Checker::on_all_stopped(int exit_code, std::size_t left_behind, std::uint64_t now_ns) {
  note("{:>12} all stopped: {}", now_ns, exit_code);
  require(shutdown_began_ns_.has_value(), "the end without a shutdown");
  const std::uint64_t late_ns = kTimerLateMaxNs;
  require(now_ns <= *shutdown_began_ns_ + budget_ns() + late_ns, "the shutdown broke its budget");
  const std::uint64_t sweep_ns = hurried_ ? 0 : sweep_least_ns_;
  require(left_behind != 0 || kernel_held_one_ || now_ns <= shutdown_due_ns_ + sweep_ns + kSlackNs,
          "the shutdown ended after its deadline, and left nobody behind");
  require(exit_code == expected_exit_code(),
          fmt::format("exit code {} instead of {}", exit_code, expected_exit_code()));
}

int Checker::expected_exit_code() const {
  if (decided_by_operator_) {
    return *decided_code_;
  }
  if (scenario_.fleet.exit_code) {
    return *scenario_.fleet.exit_code;
  }
  int code = decided_code_.value_or(0);
  for (std::size_t i = books_.size(); i-- > 0 && !decided_code_;) {
    if (scenario_.services[i].primary && !books_[i].removed && books_[i].last_code) {
      code = *books_[i].last_code;  // the first one stands in the end
    }
  }
  const auto mapped = scenario_.fleet.exit_code_map.find(std::to_string(code));
  return mapped != scenario_.fleet.exit_code_map.end() ? mapped->second : code;
}

// ---- the checks ----

void Checker::check_service(const supervisor::ServiceMachine& machine, const ServiceTruth& truth,
                            std::uint64_t now_ns) {
  const Books& books = books_[machine.id()];
  const ServiceState state = machine.state();
  require(machine.pid() == truth.pid, "the machine's pid is not the process's");
  require((machine.child() == ChildPhase::kSpawning) == truth.spawning,
          "the machine and the world disagree about a spawn");
  require(!machine.at_rest() || truth.pid == 0, "at rest with a process");
  require(machine.since_ns() == books.state_since_ns, "since is not the time of the change");
  require(!truth.checking || machine.pid() != 0, "a check of a service that does not run");
  check_order(machine);
  check_stop(machine, truth, now_ns);
  require(state != ServiceState::kStarting || truth.pid == 0 || !machine.rules().ready_timeout_ns ||
              now_ns <= books.state_since_ns + *machine.rules().ready_timeout_ns + kSlackNs,
          "a start that is not given up on");
  require(!truth.spawning || state == ServiceState::kStopping ||
              now_ns <= books.state_since_ns + machine.rules().limits.spawn_timeout_ns + kSlackNs,
          "a stuck spawn that nobody gave up on");
  require(state != ServiceState::kBackoff ||
              now_ns <= books.state_since_ns + machine.rules().backoff.max.ns + kSlackNs,
          "a back-off longer than max");
  check_policy(machine, now_ns);
}

void Checker::check_order(const supervisor::ServiceMachine& machine) {
  const ServiceState state = machine.state();
  const std::optional<std::string> obstacle = order_.find_obstacle(machine.id());
  const bool waits = state == ServiceState::kWaiting && !machine.waits_for_its_time();
  require(!waits || obstacle, "waits for nothing");
  require(!waits || !machine.reason().empty(), "waits and tells not why");
  const bool is_up = state == ServiceState::kStarting || state == ServiceState::kRunning ||
                     state == ServiceState::kBackoff;
  require(!is_up || !order_.lacks_what_it_requires(machine.id()),
          "goes on without what it requires");
}

/// A stop that has to wait for others has its time from then on.
void Checker::check_stop(const supervisor::ServiceMachine& machine, const ServiceTruth& truth,
                         std::uint64_t now_ns) {
  Books& books = books_[machine.id()];
  if (machine.state() != ServiceState::kStopping) {
    books.comes_later = false;
    return;
  }
  const bool waits = machine.stop_held();
  require(!waits || order_.has_dependent_that_stops(machine.id()), "a stop that waits for nobody");
  require(waits || truth.pid == 0 || books.asked == truth.pid || books.killed == truth.pid,
          "stops without being asked to");
  if (waits || books.comes_later) {
    books.stop_due_ns = now_ns + machine.rules().stop_timeout_ns;
  }
  books.comes_later = waits;
  std::uint64_t due_ns =
      shutdown_began_ns_ ? std::min(books.stop_due_ns, shutdown_due_ns_) : books.stop_due_ns;
  if (truth.sweeping) {
    require(truth.pid == 0, "a sweep beside a process");
    due_ns = books.sweep_due_ns;
    if (shutdown_began_ns_) {
      const std::uint64_t least_due_ns = std::max(books.sweep_began_ns, *shutdown_began_ns_) +
                                         machine.rules().limits.exit_hook_least_ns;
      due_ns = std::min(due_ns, std::max(shutdown_due_ns_, least_due_ns));
    }
    due_ns = hurried_ ? shutdown_due_ns_ : due_ns;
  }
  require(truth.held_by_kernel || now_ns <= std::max(due_ns, books.state_since_ns) + kSlackNs,
          "a stop that missed its deadline");
}

void Checker::check_policy(const supervisor::ServiceMachine& machine, std::uint64_t now_ns) {
  const Books& books = books_[machine.id()];
  const supervisor::ServiceRules& rules = machine.rules();
  const ServiceState state = machine.state();
  const bool for_good = state == ServiceState::kFailed || state == ServiceState::kDone;
  const bool always = rules.restart == RestartPolicy::kAlways && rules.restart_limit.count == 0 &&
                      rules.type == supervisor::ServiceType::kDaemon;
  require(!always || !for_good, "given up on a service that is always restarted");
  const bool is_replaced = rules.checks.health != supervisor::HealthSource::kNone;
  require(rules.restart != RestartPolicy::kNever || is_replaced ||
              (state != ServiceState::kBackoff && machine.restarts() == 0),
          "a restart of a service that is never restarted");
  require(state != ServiceState::kDone || !machine.last_exit() ||
              machine.last_exit()->is_success(rules.success_exit_codes) ||
              rules.restart == RestartPolicy::kNever,
          "done without success");
  require(machine.restarts() == books.restarts, "restarts miscounted");
  require(machine.restarts() <= books.crashes, "more restarts than crashes");
  require(books.touched || rules.schedule || books.spawns <= 1 + books.restarts,
          "a start that nobody asked for");
  require(!rules.schedule || !for_good || shutdown_began_ns_, "a schedule that has ended for good");
  require(!rules.run_timeout_ns || state != ServiceState::kRunning ||
              now_ns <= books.state_since_ns + *rules.run_timeout_ns + kSlackNs,
          "a run longer than its timeout");
}

void Checker::check_fleet(std::uint64_t now_ns) {
  if (shutdown_began_ns_) {
    require(now_ns <= *shutdown_began_ns_ + budget_ns() + kSlackNs, "a shutdown that does not end");
  }
}

void Checker::check_liveness(const supervisor::ServiceMachine& machine, std::uint64_t now_ns) {
  const Books& books = books_[machine.id()];
  const bool wanted = scenario_.services[machine.id()].start == supervisor::StartMode::kBoot;
  require(books.touched || !wanted || machine.state() != ServiceState::kStopped ||
              order_.lacks_what_it_requires(machine.id()),
          "a service that was to start at boot never did");
  require(machine.state() != ServiceState::kStarting || !machine.rules().awaits_ready() ||
              machine.child() == ChildPhase::kAlive ||
              now_ns <= books.state_since_ns + machine.rules().limits.spawn_timeout_ns + kSlackNs,
          "a start that never ends");
}

}  // namespace sim
