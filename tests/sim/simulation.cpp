#include "tests/sim/simulation.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "supervisor/machine/trace_json.h"
#include "tests/sim/sim_world.h"

namespace sim {
namespace {

constexpr std::uint64_t kHappeningsMax = 100'000;  // a livelock is a failure
constexpr std::uint64_t kAfterlifeNs = 60'000 * kMs;

class Run {
 public:
  Run(std::uint64_t seed, Tracing tracing)
      : tracing_(tracing),
        random_(seed),
        scenario_(make_scenario(random_)),
        checker_(scenario_, tracing),
        world_(scenario_, random_, checker_),
        fleet_(std::make_unique<supervisor::FleetMachine>(scenario_.fleet, scenario_.services,
                                                          world_)) {
    world_.attach(*fleet_);
    std::ranges::stable_sort(scenario_.actions, {}, &Action::at_ns);
  }

  Verdict run() {
    fleet_->boot(0);
    check_all();
    for (const Action& action : scenario_.actions) {
      run_until(action.at_ns);
      act(action);
    }
    run_until(kHorizonNs);
    if (fleet_->state() == supervisor::FleetState::kRunning) {
      for_each_service(
          [this](const auto& machine) { checker_.check_liveness(machine, world_.now_ns()); });
      act({.at_ns = kHorizonNs, .kind = ActionKind::kShutdown});
    }
    run_until(kHorizonNs + kAfterlifeNs);
    checker_.require(world_.all_stopped(), "the end never came");
    return make_verdict();
  }

 private:
  template <typename F>
  void for_each_service(const F& visit) {
    for (supervisor::ServiceId id = 0; id < fleet_->service_count(); ++id) {
      visit(fleet_->service(id));
    }
  }

  void run_until(std::uint64_t until_ns) {
    while (checker_.failure().empty() && !world_.all_stopped() && world_.step(until_ns)) {
      check_all();
      checker_.require(world_.happenings() < kHappeningsMax, "a livelock");
    }
    if (!world_.all_stopped()) {
      world_.advance_to(until_ns);
    }
  }

  void act(const Action& action) {
    if (!checker_.failure().empty() || world_.all_stopped()) {
      return;
    }
    const std::uint64_t now_ns = world_.now_ns();
    const std::string& name = scenario_.services[action.service].name;
    const bool runs = fleet_->state() == supervisor::FleetState::kRunning;
    if (action.kind != ActionKind::kShutdown && action.kind != ActionKind::kReload &&
        action.kind != ActionKind::kSetClock && action.kind != ActionKind::kUpgrade &&
        fleet_->is_removed(action.service)) {
      return;  // no such service
    }
    checker_.on_action(action, now_ns);
    switch (action.kind) {
      case ActionKind::kStart:
        checker_.require(fleet_->start(name, now_ns).has_value() == runs, "start refused");
        break;
      case ActionKind::kStop:
        checker_.require(fleet_->stop(name, now_ns).has_value() == runs, "stop refused");
        break;
      case ActionKind::kRestart:
        checker_.require(fleet_->restart(name, now_ns).has_value() == runs, "restart refused");
        break;
      case ActionKind::kReload:
        reload(action, runs);
        break;
      case ActionKind::kSetClock:
        world_.set_wall_clock(action.wall_ahead_ns);
        break;
      case ActionKind::kUpgrade:
        upgrade();
        break;
      case ActionKind::kShutdown:
        fleet_->request_shutdown({.exit_code = action.exit_code, .reason = "TERM"}, now_ns);
        break;
    }
    checker_.on_action_taken();
    check_all();
  }

  void reload(const Action& action, bool runs) {
    const auto with_rules = [this](supervisor::ServiceId id) {
      return supervisor::FleetChange::Service{id, scenario_.services[id]};
    };
    supervisor::FleetChange change;
    change.rules = scenario_.fleet;
    if (fleet_->is_removed(action.service)) {
      change.added.push_back(with_rules(action.service));
    } else if (std::ranges::none_of(scenario_.services, [&](const auto& rules) {
                 return std::ranges::count(rules.dependencies,
                                           fleet_->service(action.service).rules().name,
                                           &supervisor::DependencyRule::on) != 0;
               })) {
      change.removed.push_back(action.service);
    } else {
      change.restarted.push_back(with_rules(action.service));
    }
    if (action.other != action.service && !fleet_->is_removed(action.other)) {
      change.updated.push_back(with_rules(action.other));
    }
    if (runs && !change.added.empty()) {
      const auto id = fleet_->free_id(scenario_.services[action.service].name, {});
      checker_.require(id == action.service, "a service does not get its former id again");
      if (fleet_->service(action.service).at_rest()) {
        checker_.on_added_again(action.service);
      }
    }
    const bool removes = !change.removed.empty();
    checker_.require(fleet_->change(std::move(change), world_.now_ns()).has_value() == runs,
                     "reload refused");
    if (runs) {
      checker_.set_removed(action.service, removes);
    }
  }

  /// As PID 1 does it, by way of bytes; also with a wait for what is being spawned.
  void upgrade() {
    if (fleet_->state() != supervisor::FleetState::kRunning) {
      return;
    }
    std::vector<supervisor::ServiceRules> rules;
    std::vector<supervisor::ServiceRules> next_rules;
    bool spawns = false;
    for_each_service([&](const auto& machine) {
      spawns = spawns || machine.child() == supervisor::ChildPhase::kSpawning;
      rules.push_back(machine.rules());
      next_rules.push_back(machine.next_rules());
    });
    if (spawns) {
      return;
    }
    const auto snapshot =
        base::Decoder::decode<supervisor::FleetSnapshot>(base::Encoder::encode(fleet_->snapshot()));
    checker_.require(snapshot && supervisor::check_fleet_snapshot(*snapshot),
                     "no fleet could be so");
    if (!checker_.failure().empty()) {
      return;
    }
    auto next =
        std::make_unique<supervisor::FleetMachine>(scenario_.fleet, std::move(rules), world_);
    next->restore(*snapshot, std::move(next_rules));
    world_.attach(*next);
    fleet_ = std::move(next);
    fleet_->resume(world_.now_ns());
    ++upgrades_;
  }

  void check_all() {
    if (world_.all_stopped()) {
      return;  // what is left behind is the kernel's
    }
    for_each_service([this](const auto& machine) {
      checker_.check_service(machine, world_.truth(machine.id()), world_.now_ns());
    });
    checker_.check_fleet(world_.now_ns());
  }

  Verdict make_verdict() {
    Verdict verdict{checker_.failure(), checker_.trace(), world_.happenings(), 0, upgrades_, {}};
    if (tracing_ == Tracing::kOn) {
      verdict.trace_json = supervisor::make_trace_json(*fleet_, 0);
    }
    for_each_service([&](const auto& machine) { verdict.restarts += machine.restarts(); });
    return verdict;
  }

  Tracing tracing_;
  Random random_;
  Scenario scenario_;
  Checker checker_;
  World world_;
  std::unique_ptr<supervisor::FleetMachine> fleet_;
  std::uint64_t upgrades_ = 0;
};

}  // namespace

Verdict run_seed(std::uint64_t seed, Tracing tracing) {
  return Run(seed, tracing).run();
}

}  // namespace sim
