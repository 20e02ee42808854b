#include "tests/sim/sim_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace sim {
namespace {

using supervisor::ExitStatus;
using supervisor::StopTo;

constexpr pid_t kFirstPid = 100;

}  // namespace

World::World(const Scenario& scenario, Random& random, Checker& checker)
    : scenario_(scenario),
      random_(random),
      checker_(checker),
      no_stages_(checker),
      leaders_(scenario.services.size()),
      formers_(scenario.services.size()),
      sweeps_(scenario.services.size()),
      checks_(scenario.services.size()) {}

World::Process& World::process(pid_t pid) {
  return processes_[static_cast<std::size_t>(pid - kFirstPid)];
}
const World::Process& World::process(pid_t pid) const {
  return processes_[static_cast<std::size_t>(pid - kFirstPid)];
}

bool World::step(std::uint64_t until_ns) {
  if (queue_.empty() || queue_.top().at_ns >= until_ns) {
    return false;
  }
  const Happening happening = queue_.top();
  queue_.pop();
  now_ns_ = happening.at_ns;
  happen(happening);
  return true;
}

void World::happen(const Happening& happening) {
  const auto pid = static_cast<pid_t>(happening.subject);
  const auto service = static_cast<ServiceId>(happening.subject);
  switch (happening.what) {
    case What::kSpawnReport:
      return report_spawn(pid);
    case What::kEnd:
      return end_process(pid, happening.exit);
    case What::kReap:
      return reap_process(pid);
    case What::kReady:
      if (process(pid).phase == Phase::kAlive) {
        fleet_->on_ready(process(pid).service, now_ns_);
      }
      return;
    case What::kTimer:
      return fleet_->on_timer(service, happening.detail, now_ns_);
    case What::kFleetTimer:
      return fleet_->on_fleet_timer(happening.detail, now_ns_);
    case What::kCheckPassed:
    case What::kCheckFailed:
      return end_check(happening);
    case What::kCheckTimer:
      return fleet_->on_check_timer(service, happening.detail, now_ns_);
    case What::kScheduleTimer:
      return fleet_->on_schedule_timer(now_ns_);
    case What::kHandOver:
      return hand_over(pid);
    case What::kSweepDone:
      return end_sweep(happening);
  }
}

void World::schedule(std::uint64_t delay_ns, What what, std::uint64_t subject, std::uint64_t detail,
                     ExitStatus exit) {
  queue_.push({now_ns_ + delay_ns, ++sequence_, what, subject, detail, exit});
}

// ---- what processes do ----

void World::report_spawn(pid_t pid) {
  Process& leader = process(pid);
  if (leader.phase != Phase::kSpawning) {
    return;  // it was abandoned
  }
  const ProcessScript& script = leader.script;
  if (script.fate == SpawnFate::kFails) {
    leader.phase = Phase::kGone;
    checker_.on_spawn_failed(leader.service, script.spawn_exit_code);
    return fleet_->on_spawn_failed(leader.service, leader.incarnation, script.spawn_exit_code,
                                   "no such file", now_ns_);
  }
  for (std::uint64_t i = 0; i <= script.helpers; ++i) {
    process(pid + static_cast<pid_t>(i)).phase = Phase::kAlive;
  }
  if (script.lives_ns) {
    schedule(*script.lives_ns, What::kEnd, static_cast<std::uint64_t>(pid), 0, script.ending);
  }
  if (script.ready_after_ns) {
    schedule(*script.ready_after_ns, What::kReady, static_cast<std::uint64_t>(pid));
  }
  if (script.hands_over_after_ns) {
    schedule(*script.hands_over_after_ns, What::kHandOver, static_cast<std::uint64_t>(pid));
  }
  fleet_->on_spawned(leader.service, leader.incarnation, pid, now_ns_);
}

/// MAINPID= of a daemon that forks; also in the middle of a stop.
void World::hand_over(pid_t pid) {
  if (process(pid).phase != Phase::kAlive) {
    return;
  }
  Process successor = process(pid);
  const auto next = static_cast<pid_t>(kFirstPid + static_cast<pid_t>(processes_.size()));
  successor.group = next;
  successor.script.helpers = 0;
  const ServiceId service = successor.service;
  const ProcessScript script = successor.script;
  processes_.push_back(successor);
  formers_[service] = pid;
  leaders_[service] = next;
  if (script.lives_ns) {
    schedule(*script.lives_ns, What::kEnd, static_cast<std::uint64_t>(next), 0, script.ending);
  }
  if (script.leaves_after_ns) {
    schedule(*script.leaves_after_ns, What::kEnd, static_cast<std::uint64_t>(pid));
  }
  checker_.note("{:>12} s{} hands over from {} to {}", now_ns_, service, pid, next);
  fleet_->on_main_pid(service, next, next, now_ns_);
}

void World::end_process(pid_t pid, const ExitStatus& exit) {
  Process& ended = process(pid);
  if (ended.phase != Phase::kAlive) {
    return;  // something else ended it before
  }
  ended.exit = exit;
  const bool parent_reaps = ended.group != pid && process(ended.group).phase == Phase::kAlive;
  ended.phase = parent_reaps ? Phase::kGone : Phase::kZombie;
  if (!parent_reaps) {
    schedule(random_.below(kReapTakesMaxNs), What::kReap, static_cast<std::uint64_t>(pid));
  }
}

void World::reap_process(pid_t pid) {
  Process& reaped = process(pid);
  const ServiceId service = reaped.service;
  const bool leads = reaped.group == pid;
  reaped.phase = Phase::kGone;
  if (leads && pid != leaders_[service]) {
    fleet_->on_child_exited(pid, reaped.exit, now_ns_);  // who may have forgotten it
  } else if (leads) {
    checker_.on_exit(service, reaped.exit, fleet_->service(service).state());
    if (reaped.script.held_by_kernel) {
      checker_.on_kernel_held();
    }
    exit_being_reported_ = pid;
    const bool ours = fleet_->on_child_exited(pid, process(pid).exit, now_ns_);
    exit_being_reported_.reset();
    checker_.require(ours, "the fleet does not know the process that has ended");
    checker_.require(fleet_->service(service).child() != supervisor::ChildPhase::kLingering ||
                         has_live_member(pid),
                     "waits for a group in which nobody lives");
  }
  if (random_.chance(80)) {  // else the machine has to find out by itself
    fleet_->on_reaped(now_ns_);
  }
}

void World::deliver(pid_t pid, int signal) {
  const Process& receiver = process(pid);
  if (receiver.phase != Phase::kAlive) {
    return;
  }
  const ProcessScript& script = receiver.script;
  const bool leads = receiver.group == pid;
  const auto end_after = [&](std::uint64_t delay_ns, const ExitStatus& exit) {
    schedule(delay_ns, What::kEnd, static_cast<std::uint64_t>(pid), 0, exit);
  };
  if (signal == SIGKILL) {
    if (!(leads && script.held_by_kernel)) {
      end_after(random_.below(kKillTakesMaxNs), ExitStatus::signaled(SIGKILL));
    }
  } else if (leads && !script.ignores_stop && !script.held_by_kernel) {
    end_after(script.stop_takes_ns, script.stop_exit_code
                                        ? ExitStatus::exited(*script.stop_exit_code)
                                        : ExitStatus::signaled(signal));
  } else if (!leads && !script.helpers_ignore_stop) {
    end_after(script.helpers_stop_takes_ns, ExitStatus::signaled(signal));
  }
}

void World::end_sweep(const Happening& happening) {
  const auto service = static_cast<ServiceId>(happening.subject);
  if (sweeps_[service] == happening.detail) {  // else it was killed
    sweeps_[service] = 0;
    fleet_->on_hook_done(service, supervisor::HookKind::kSweep, now_ns_);
  }
}

void World::end_check(const Happening& happening) {
  const auto service = static_cast<ServiceId>(happening.subject);
  if (checks_[service] != happening.detail) {
    return;  // it was killed
  }
  checks_[service] = 0;
  const bool passed = happening.what == What::kCheckPassed;
  fleet_->on_checked(service, happening.detail, passed ? "" : "refused", now_ns_);
}

// ---- the port ----

void World::spawn(ServiceId service, std::uint32_t incarnation) {
  const pid_t before = leaders_[service];
  checker_.require(before == 0 || process(before).phase == Phase::kGone,
                   "a second process of a service that still has one");
  checker_.on_spawn(service, now_ns_);
  const ProcessScript script = make_script(scenario_.habits[service], random_);
  const auto pid = static_cast<pid_t>(kFirstPid + static_cast<pid_t>(processes_.size()));
  for (std::uint64_t i = 0; i <= script.helpers; ++i) {
    processes_.push_back({service, incarnation, pid, Phase::kUnborn, script, {}});
  }
  leaders_[service] = pid;
  formers_[service] = 0;
  process(pid).phase = Phase::kSpawning;
  switch (script.fate) {
    case SpawnFate::kFailsAtOnce:  // reported before this effect has returned
      process(pid).phase = Phase::kGone;
      checker_.on_spawn_failed(service, script.spawn_exit_code);
      return fleet_->on_spawn_failed(service, incarnation, script.spawn_exit_code, "no memory",
                                     now_ns_);
    case SpawnFate::kStarts:
    case SpawnFate::kFails:
      return schedule(script.spawn_takes_ns, What::kSpawnReport, static_cast<std::uint64_t>(pid));
    case SpawnFate::kHangs:
      return;
  }
}

void World::abandon_spawn(ServiceId service) {
  Process& leader = process(leaders_[service]);
  checker_.require(leader.phase == Phase::kSpawning, "gave up on a spawn that is over");
  leader.phase = Phase::kGone;
  checker_.on_abandon(service, fleet_->service(service).state());
}

void World::signal(ServiceId service, pid_t pid, int signal, StopTo target) {
  checker_.note("signal {} to {} of {}", signal, pid, service);
  if (signal != SIGKILL) {
    checker_.on_asked_to_stop(service, pid, now_ns_);
  } else if (leaders_[service] == pid) {
    checker_.on_killed(service, pid);
  }
  checker_.require(leaders_[service] == pid || (formers_[service] == pid && signal == SIGKILL),
                   "a signal to another service's process");
  require_number_is_held("signal", pid, target);
  const pid_t members_end = pid + 1 + static_cast<pid_t>(process(pid).script.helpers);
  deliver(pid, signal);
  for (pid_t member = pid + 1; target == StopTo::kGroup && member < members_end; ++member) {
    deliver(member, signal);
  }
}

void World::kill_group(ServiceId service, pid_t group) {
  signal(service, group, SIGKILL, StopTo::kGroup);
}

/// The number of a reaped process may be anybody's, unless its group still has members or its exit
/// is being reported this very moment.
void World::require_number_is_held(const char* effect, pid_t pid, StopTo target) {
  const bool leader_holds = process(pid).phase == Phase::kAlive ||
                            process(pid).phase == Phase::kZombie || exit_being_reported_ == pid;
  const bool group_holds = target == StopTo::kGroup && has_live_member(pid);
  checker_.require(leader_holds || group_holds,
                   fmt::format("{} to {}, which was reaped", effect, pid));
}

bool World::has_live_member(pid_t group) const {
  const pid_t members_end = group + 1 + static_cast<pid_t>(process(group).script.helpers);
  for (pid_t member = group; member < members_end; ++member) {
    const Phase phase = process(member).phase;
    if (phase == Phase::kAlive || phase == Phase::kZombie) {
      return true;
    }
  }
  return false;
}

bool World::group_alive(pid_t group) {
  return has_live_member(group);
}

void World::run_hook(ServiceId service, supervisor::HookKind hook, std::string_view /*reason*/) {
  checker_.require(hook == supervisor::HookKind::kSweep && scenario_.services[service].sweeps,
                   "a hook that the scenario does not have");
  checker_.require(sweeps_[service] == 0, "a second sweep of a service that has one");
  checker_.require(truth(service).pid == 0 && !truth(service).spawning,
                   "a sweep of a service that still has a process");
  checker_.on_sweep(service, now_ns_);
  sweeps_[service] = sequence_ + 1;
  if (random_.chance(80)) {  // else it hangs
    schedule(random_.below(300 * kMs), What::kSweepDone, service, sweeps_[service]);
  } else {
    ++sequence_;
  }
}

void World::abandon_hook(ServiceId service, supervisor::HookKind /*hook*/) {
  checker_.require(sweeps_[service] != 0, "gave up on a sweep that is over");
  sweeps_[service] = 0;
}

void World::start_timer(ServiceId service, std::uint64_t delay_ns,
                        const supervisor::ServiceTimer& timer) {
  schedule(delay_ns + random_.below(kTimerLateMaxNs), What::kTimer, service, timer.generation);
}

void World::state_changed(ServiceId service, const supervisor::StateChange& change) {
  checker_.on_state_changed(service, change, now_ns_);
}

void World::ended_for_good(ServiceId service, const supervisor::Ending& ending) {
  checker_.on_ended_for_good(service, ending);
}

void World::start_check(ServiceId service, supervisor::CheckPurpose purpose, std::uint64_t number) {
  checker_.require(checks_[service] == 0, "a second check of a service that has one");
  checker_.require(truth(service).pid != 0, "a check of a service without a process");
  checker_.note("check {} of s{}, {}", number, service,
                purpose == supervisor::CheckPurpose::kReady ? "ready" : "health");
  checks_[service] = number;
  if (random_.chance(10)) {
    return;  // it hangs
  }
  const bool fails = random_.chance(scenario_.habits[service].fails_checks);
  schedule(random_.below(100 * kMs), fails ? What::kCheckFailed : What::kCheckPassed, service,
           number);
}

void World::abandon_check(ServiceId service) {
  checker_.require(checks_[service] != 0, "gave up on a check that is over");
  checks_[service] = 0;
}

void World::start_check_timer(ServiceId service, std::uint64_t delay_ns, std::uint64_t number) {
  schedule(delay_ns + random_.below(kTimerLateMaxNs), What::kCheckTimer, service, number);
}

/// The former ones fire all the same.
void World::start_schedule_timer(std::optional<std::uint64_t> delay_ns,
                                 std::optional<std::uint64_t> realtime_ns) {
  if (delay_ns) {
    schedule(*delay_ns + random_.below(kTimerLateMaxNs), What::kScheduleTimer, 0);
  }
  if (realtime_ns) {
    const std::uint64_t left_ns = *realtime_ns - std::min(*realtime_ns, this->realtime_ns());
    schedule(left_ns + random_.below(kTimerLateMaxNs), What::kScheduleTimer, 0);
  }
}

void World::run_not_made(ServiceId service, std::string_view why) {
  checker_.note("{:>12} s{} {}", now_ns_, service, why);
}

void World::start_fleet_timer(std::uint64_t delay_ns, std::uint64_t generation) {
  schedule(delay_ns + random_.below(kTimerLateMaxNs), What::kFleetTimer, 0, generation);
}

void World::shutdown_began(std::string_view reason, std::uint64_t deadline_ns) {
  checker_.on_shutdown_began(reason, deadline_ns, now_ns_);
}

void World::all_stopped(int exit_code, std::size_t left_behind) {
  checker_.require(!all_stopped_, "the end came twice");
  all_stopped_ = true;
  checker_.on_all_stopped(exit_code, left_behind, now_ns_);
}

ServiceTruth World::truth(ServiceId service) const {
  const pid_t leader = leaders_[service];
  ServiceTruth truth;
  truth.checking = checks_[service] != 0;
  truth.sweeping = sweeps_[service] != 0;
  if (leader != 0) {
    const Process& newest = process(leader);
    truth.spawning = newest.phase == Phase::kSpawning;
    truth.pid = newest.phase == Phase::kAlive || newest.phase == Phase::kZombie ? leader : 0;
    truth.held_by_kernel = truth.pid != 0 && newest.script.held_by_kernel;
  }
  return truth;
}

}  // namespace sim
