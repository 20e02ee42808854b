#include "tests/sim/sim_scenario.h"

#include <fmt/format.h>

#include <utility>

namespace sim {
namespace {

using supervisor::RestartPolicy;
using supervisor::ServiceRules;

Habits make_habits(Random& random) {
  Habits habits;
  switch (random.below(4)) {
    case 0:  // steady
      habits.ends_by_itself = 5;
      break;
    case 1:  // flaky
      habits = {.fails_to_spawn = 10, .hangs_in_spawn = 3, .ends_by_itself = 80, .ends_well = 30};
      break;
    case 2:  // broken
      habits = {.fails_to_spawn = 70, .hangs_in_spawn = 20, .ends_by_itself = 50};
      break;
    default:  // runs to its end
      habits = {.fails_to_spawn = 5, .ends_by_itself = 95, .ends_well = 70};
      break;
  }
  habits.fails_checks = random.chance(30) ? 70 : 10;
  habits.ignores_stop = random.chance(30) ? 80 : 5;
  habits.has_helpers = random.chance(40) ? 80 : 0;
  habits.hands_over = random.chance(20) ? 70 : 0;
  return habits;
}

void make_checks(ServiceRules& rules, Random& random) {
  if (random.chance(35)) {
    rules.checks.ready =
        random.chance(50) ? supervisor::ReadySource::kItself : supervisor::ReadySource::kChecks;
    rules.checks.ready_interval_ns = random.between(20, 400) * kMs;
    rules.checks.ready_check_timeout_ns = random.between(20, 400) * kMs;
    if (random.chance(50)) {
      rules.ready_timeout_ns = random.between(0, 800) * kMs;
    }
  }
  if (random.chance(20)) {
    rules.checks.health =
        random.chance(70) ? supervisor::HealthSource::kChecks : supervisor::HealthSource::kWatchdog;
    rules.checks.health_interval_ns = random.between(20, 900) * kMs;
    rules.checks.health_check_timeout_ns = random.between(20, 400) * kMs;
    rules.checks.health_failures = static_cast<std::uint32_t>(random.between(1, 3));
    rules.checks.start_period_ns = random.below(500) * kMs;
    rules.unhealthy_then = static_cast<supervisor::UnhealthyThen>(random.below(3));
  }
}

/// Without a cycle: each service depends only on some that come later in a shuffled row.
void make_dependencies(std::vector<ServiceRules>& services, Random& random) {
  std::vector<std::size_t> row(services.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = i;
    std::swap(row[i], row[random.below(i + 1)]);
  }
  const std::uint64_t density = random.below(80);
  for (std::size_t i = 0; i < row.size(); ++i) {
    for (std::size_t j = i + 1; j < row.size(); ++j) {
      if (random.chance(density)) {
        services[row[i]].dependencies.push_back(
            {services[row[j]].name, static_cast<supervisor::DependencyKind>(random.below(3))});
      }
    }
  }
}

/// Intervals short enough for the simulated seconds, and fields whose minute begins in them.
void make_schedule(ServiceRules& rules, Random& random) {
  rules.type = supervisor::ServiceType::kScheduled;
  rules.primary = false;
  rules.checks = {};
  rules.ready_timeout_ns.reset();
  rules.restart = random.chance(50) ? RestartPolicy::kNever : RestartPolicy::kOnFailure;
  supervisor::ScheduleRules schedule{.schedule = {}, .zone = {}};
  if (random.chance(70)) {
    schedule.schedule.every_ns = random.between(1'000, 3'000) * kMs;
  } else {
    schedule.schedule = supervisor::parse_schedule("* * * * *").value();
  }
  schedule.overlap = random.chance(50) ? supervisor::Overlap::kSkip : supervisor::Overlap::kQueue;
  schedule.catch_up = random.chance(50);
  rules.schedule = schedule;
  if (random.chance(40)) {
    rules.run_timeout_ns = random.between(100, 2'000) * kMs;
  }
}

ServiceRules make_rules(std::uint64_t index, Random& random) {
  ServiceRules rules;
  rules.name = fmt::format("s{}", index);
  rules.type =
      random.chance(25) ? supervisor::ServiceType::kOneshot : supervisor::ServiceType::kDaemon;
  rules.start = random.chance(85) ? supervisor::StartMode::kBoot : supervisor::StartMode::kManual;
  rules.primary = random.chance(25);
  make_checks(rules, random);
  rules.restart =
      random.chance(50) ? RestartPolicy::kAlways : static_cast<RestartPolicy>(random.below(3));
  if (random.chance(30)) {
    rules.success_exit_codes = {0, 3};
  }
  rules.backoff.initial = {random.between(20, 400) * kMs};
  rules.backoff.max = {random.between(400, 4000) * kMs};
  rules.backoff.reset_after = {random.between(100, 3000) * kMs};
  rules.backoff.jitter = random.chance(50) ? 0.1 : 1.0;
  if (random.chance(25)) {
    rules.restart_limit = {static_cast<std::uint32_t>(random.between(1, 4)),
                           {random.between(500, 5000) * kMs},
                           static_cast<supervisor::RestartLimitThen>(random.below(2))};
  }
  rules.stop_to = random.chance(40) ? supervisor::StopTo::kGroup : supervisor::StopTo::kProcess;
  rules.stop_timeout_ns = random.between(0, 4000) * kMs;
  rules.limits.spawn_timeout_ns = random.between(300, 3000) * kMs;
  rules.sweeps = random.chance(40);
  rules.limits.sweep_ns = random.between(20, 2000) * kMs;
  rules.limits.exit_hook_least_ns = random.between(0, 500) * kMs;
  if (random.chance(20)) {
    make_schedule(rules, random);
  }
  return rules;
}

Action make_action(std::uint64_t services, Random& random) {
  Action action{.at_ns = random.below(kQuietFromNs)};
  const std::uint64_t dice = random.below(100);
  action.kind = dice < 30   ? ActionKind::kStart
                : dice < 50 ? ActionKind::kStop
                : dice < 65 ? ActionKind::kRestart
                : dice < 82 ? ActionKind::kReload
                : dice < 86 ? ActionKind::kSetClock
                : dice < 92 ? ActionKind::kUpgrade
                            : ActionKind::kShutdown;
  action.service = static_cast<supervisor::ServiceId>(random.below(services));
  action.other = static_cast<supervisor::ServiceId>(random.below(services));
  action.wall_ahead_ns = kWallAtBootNs + random.below(172'800) * 1'000 * kMs - 86'400'000 * kMs;
  if (random.chance(20)) {
    action.exit_code = static_cast<std::int32_t>(random.below(256));
  }
  return action;
}

}  // namespace

Scenario make_scenario(Random& random) {
  Scenario scenario;
  scenario.fleet.shutdown_timeout_ns = random.between(0, 9000) * kMs;
  if (random.chance(10)) {
    scenario.fleet.exit_code = 42;
  }
  if (random.chance(20)) {
    scenario.fleet.exit_code_map = {{"143", 0}, {"1", 77}};
  }
  const std::uint64_t services = random.between(1, 6);
  for (std::uint64_t i = 0; i < services; ++i) {
    scenario.services.push_back(make_rules(i, random));
    scenario.habits.push_back(make_habits(random));
  }
  if (random.chance(70)) {
    make_dependencies(scenario.services, random);
  }
  const std::uint64_t actions = random.chance(40) ? 0 : random.between(1, 8);
  for (std::uint64_t i = 0; i < actions; ++i) {
    scenario.actions.push_back(make_action(services, random));
  }
  if (random.chance(40)) {  // two TERMs, the second while the first is obeyed
    const std::uint64_t first_ns = random.below(kQuietFromNs);
    scenario.actions.push_back({.at_ns = first_ns, .kind = ActionKind::kShutdown});
    scenario.actions.push_back(
        {.at_ns = first_ns + random.below(2000) * kMs, .kind = ActionKind::kShutdown});
  }
  return scenario;
}

ProcessScript make_script(const Habits& habits, Random& random) {
  ProcessScript script;
  if (random.chance(habits.hangs_in_spawn)) {
    script.fate = SpawnFate::kHangs;
  } else if (random.chance(habits.fails_to_spawn)) {
    script.fate = random.chance(30) ? SpawnFate::kFailsAtOnce : SpawnFate::kFails;
  }
  script.spawn_takes_ns = random.chance(90) ? random.below(3 * kMs) : random.below(1000 * kMs);
  script.spawn_exit_code = random.chance(50) ? 127 : 126;
  if (random.chance(habits.ends_by_itself)) {
    script.lives_ns = random.chance(30) ? random.below(2 * kMs) : random.below(3000 * kMs);
  }
  script.ending = random.chance(habits.ends_well) ? supervisor::ExitStatus::exited(0)
                  : random.chance(60)
                      ? supervisor::ExitStatus::exited(static_cast<int>(random.between(1, 5)))
                      : supervisor::ExitStatus::signaled(11);
  script.ignores_stop = random.chance(habits.ignores_stop);
  script.held_by_kernel = random.chance(2);
  script.stop_takes_ns = random.chance(70) ? random.below(5 * kMs) : random.below(3000 * kMs);
  if (random.chance(50)) {
    script.stop_exit_code = static_cast<int>(random.below(3));
  }
  if (random.chance(habits.has_helpers)) {
    script.helpers = random.between(1, 2);
    script.helpers_ignore_stop = random.chance(30);
    script.helpers_stop_takes_ns = random.below(3000 * kMs);
  }
  if (random.chance(80)) {
    script.ready_after_ns = random.below(500 * kMs);
  }
  if (random.chance(habits.hands_over)) {
    script.hands_over_after_ns =
        random.chance(50) ? random.below(5 * kMs) : random.below(1500 * kMs);
    if (random.chance(70)) {
      script.leaves_after_ns = random.below(50 * kMs);
    }
  }
  return script;
}

}  // namespace sim
