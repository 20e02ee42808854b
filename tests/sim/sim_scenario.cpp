#include "tests/sim/sim_scenario.h"

#include <fmt/format.h>

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
  habits.ignores_stop = random.chance(30) ? 80 : 5;
  habits.has_helpers = random.chance(40) ? 80 : 0;
  return habits;
}

ServiceRules make_rules(std::uint64_t index, Random& random) {
  ServiceRules rules;
  rules.name = fmt::format("s{}", index);
  rules.type =
      random.chance(25) ? supervisor::ServiceType::kOneshot : supervisor::ServiceType::kDaemon;
  rules.start = random.chance(85) ? supervisor::StartMode::kBoot : supervisor::StartMode::kManual;
  rules.primary = random.chance(25);
  rules.awaits_ready = random.chance(25);
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
  return rules;
}

Action make_action(std::uint64_t services, Random& random) {
  Action action{.at_ns = random.below(kQuietFromNs)};
  const std::uint64_t dice = random.below(100);
  action.kind = dice < 30   ? ActionKind::kStart
                : dice < 60 ? ActionKind::kStop
                : dice < 88 ? ActionKind::kRestart
                            : ActionKind::kShutdown;
  action.service = static_cast<supervisor::ServiceId>(random.below(services));
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
  const std::uint64_t services = random.between(1, 4);
  for (std::uint64_t i = 0; i < services; ++i) {
    scenario.services.push_back(make_rules(i, random));
    scenario.habits.push_back(make_habits(random));
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
  return script;
}

}  // namespace sim
