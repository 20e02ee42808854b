// Every sequence of happenings of a length, for two services of which one depends on the other, has
// an on_exit, is swept after its stops and may tell of another main process: from the boot on, and
// from where both run. The port looks at each effect as it comes, and at both services after each
// happening.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/check.h"
#include "supervisor/machine/fleet_machine.h"
#include "tests/supervisor/machine/recording_port.h"

namespace supervisor {
namespace {

#if defined(BIRL_SANITIZED)
constexpr int kLength = 3;
#else
constexpr int kLength = 4;  // 28,561 sequences for each kind, policy and origin; 5 s altogether
#endif
constexpr ServiceId kDb = 0;
constexpr ServiceId kWeb = 1;

class PairPort final : public FleetPort {
 public:
  enum class Process : std::uint8_t { kNone, kSpawning, kAlive };

  void spawn(ServiceId service, std::uint32_t incarnation) override {
    ASSERT(processes[service] == Process::kNone && !shut_down);
    ASSERT(service == kDb || may_web_start());
    processes[service] = Process::kSpawning;
    incarnations[service] = incarnation;
    handed_over = handed_over && service != kWeb;
  }
  void abandon_spawn(ServiceId service) override { processes[service] = Process::kNone; }
  void signal(ServiceId service, pid_t, int, StopTo) override {
    ASSERT(processes[service] == Process::kAlive);
    // In the end the one that is depended on is asked when the other is gone.
    ASSERT(service != kDb || !shut_down || began_before_the_end ||
           (processes[kWeb] == Process::kNone && !web_hook));
  }
  void run_hook(ServiceId service, HookKind hook, std::string_view) override {
    ASSERT(service == kWeb && hook != HookKind::kStop && !web_hook);
    ASSERT(processes[kWeb] == Process::kNone);
    ASSERT(hook != HookKind::kSweep || states[kWeb] == ServiceState::kStopping);
    web_hook = hook;
  }
  void abandon_hook(ServiceId, HookKind hook) override {
    ASSERT(web_hook == hook);
    web_hook.reset();
  }
  StagePort& stages() override { return stage_port_; }
  void kill_group(ServiceId, pid_t) override {}
  bool group_alive(pid_t) override { return false; }
  void start_timer(ServiceId, std::uint64_t, const ServiceTimer&) override {}
  void cancel_timer(ServiceId) override {}
  std::uint64_t random() override { return 0; }
  void state_changed(ServiceId service, const StateChange& change) override {
    ASSERT(change.from == states[service]);
    states[service] = change.to;
    if (service == kDb && change.to == ServiceState::kStopping) {
      began_before_the_end = !shut_down;
    }
  }
  void ended_for_good(ServiceId, const Ending&) override {}
  void start_check(ServiceId, CheckPurpose, std::uint64_t) override {}
  void abandon_check(ServiceId) override {}
  void start_check_timer(ServiceId, std::uint64_t, std::uint64_t) override {}
  void cancel_check_timer(ServiceId) override {}
  void became_unhealthy(ServiceId, std::string_view) override {}
  std::uint64_t realtime_ns() override { return 0; }
  void start_schedule_timer(std::optional<std::uint64_t>, std::optional<std::uint64_t>) override {}
  void run_not_made(ServiceId, std::string_view) override {}
  void start_fleet_timer(std::uint64_t, std::uint64_t) override {}
  void cancel_fleet_timer() override {}
  void shutdown_began(std::string_view, std::uint64_t) override { shut_down = true; }
  void all_stopped(int, std::size_t left_behind) override {
    ASSERT(left_behind == 0 && processes[kDb] == Process::kNone);
    ASSERT(processes[kWeb] == Process::kNone && !web_hook);
  }

  [[nodiscard]] bool may_web_start() const {
    switch (states[kDb]) {
      case ServiceState::kRunning:
      case ServiceState::kDone:
        return true;
      case ServiceState::kStopped:
      case ServiceState::kBackoff:
      case ServiceState::kFailed:
        return kind != DependencyKind::kRequires;
      case ServiceState::kWaiting:
      case ServiceState::kStarting:
      case ServiceState::kStopping:
        return false;
    }
    return false;
  }

  DependencyKind kind = DependencyKind::kAfter;
  std::array<Process, 2> processes{};
  std::array<std::uint32_t, 2> incarnations{};
  std::array<ServiceState, 2> states{};
  bool shut_down = false;
  bool began_before_the_end = false;
  bool handed_over = false;          // another process of web's is the main one
  std::optional<HookKind> web_hook;  // its on_exit or its sweep runs

 private:
  std::vector<std::string> stage_effects_;
  RecordingStagePort stage_port_{stage_effects_};  // for the signature: there are no stages
};

enum class Move : std::uint8_t {
  kDbSpawned,
  kDbReady,
  kDbExited,
  kDbTimer,
  kWebSpawned,
  kWebExited,
  kWebMainPid,
  kWebHookDone,
  kStartDb,
  kStopDb,
  kStartWeb,
  kStopWeb,
  kShutdown,
};
constexpr std::size_t kMoves = 13;

class Pair {
 public:
  Pair(DependencyKind kind, RestartPolicy policy) : fleet_({}, make_services(kind, policy), port_) {
    port_.kind = kind;
    fleet_.boot(0);
    check();
  }

  void move(Move move) {
    switch (move) {
      case Move::kDbSpawned:
        return spawned(kDb);
      case Move::kDbReady:
        return fleet_.on_ready(kDb, 0);
      case Move::kDbExited:
        return exited(kDb);
      case Move::kDbTimer:
        if (fleet_.service(kDb).timer()) {
          fleet_.on_timer(kDb, fleet_.service(kDb).timer()->generation, base::kNsPerSecond);
        }
        return;
      case Move::kWebSpawned:
        return spawned(kWeb);
      case Move::kWebExited:
        return exited(kWeb);
      case Move::kWebMainPid:
        return main_pid();
      case Move::kWebHookDone:
        return hook_done();
      case Move::kStartDb:
        return static_cast<void>(fleet_.start("db", 0));
      case Move::kStopDb:
        return static_cast<void>(fleet_.stop("db", 0));
      case Move::kStartWeb:
        return static_cast<void>(fleet_.start("web", 0));
      case Move::kStopWeb:
        return static_cast<void>(fleet_.stop("web", 0));
      case Move::kShutdown:
        return fleet_.request_shutdown({.reason = "TERM"}, 0);
    }
  }

  void check() const {
    const pid_t web_pid = fleet_.service(kWeb).pid();
    ASSERT(web_pid == 0 || web_pid == pid(kWeb));
    const ServiceState db = fleet_.service(kDb).state();
    const ServiceState web = fleet_.service(kWeb).state();
    const bool web_is_up = web == ServiceState::kStarting || web == ServiceState::kRunning ||
                           web == ServiceState::kBackoff;
    const bool db_is_gone = db == ServiceState::kStopped || db == ServiceState::kFailed;
    ASSERT(web != ServiceState::kWaiting || !port_.may_web_start());
    ASSERT(db != ServiceState::kWaiting);
    ASSERT(port_.kind != DependencyKind::kRequires || !(web_is_up && db_is_gone));
    ASSERT(!fleet_.service(kDb).stop_held() || web == ServiceState::kStopping);
    ASSERT(!fleet_.service(kWeb).stop_held());
  }

 private:
  static std::vector<ServiceRules> make_services(DependencyKind kind, RestartPolicy policy) {
    ServiceRules db;
    db.name = "db";
    db.restart = policy;
    db.checks.ready = ReadySource::kItself;
    ServiceRules web;
    web.name = "web";
    web.dependencies = {{"db", kind}};
    web.has_exit_hook = true;
    web.sweeps = true;
    return {db, web};
  }

  [[nodiscard]] pid_t pid(ServiceId service) const {
    const std::uint32_t later = service == kWeb && port_.handed_over ? 50 : 0;
    return static_cast<pid_t>(100 + 100 * service + port_.incarnations[service] + later);
  }
  void spawned(ServiceId service) {
    if (port_.processes[service] == PairPort::Process::kSpawning) {
      port_.processes[service] = PairPort::Process::kAlive;
      const pid_t first = static_cast<pid_t>(100 + 100 * service + port_.incarnations[service]);
      fleet_.on_spawned(service, port_.incarnations[service], first, 0);
    }
  }
  void exited(ServiceId service) {
    if (port_.processes[service] == PairPort::Process::kAlive) {
      port_.processes[service] = PairPort::Process::kNone;
      fleet_.on_child_exited(pid(service), ExitStatus::exited(1), 0);
    }
  }

  void main_pid() {
    if (port_.processes[kWeb] != PairPort::Process::kNone) {
      port_.handed_over = true;
      fleet_.on_main_pid(kWeb, pid(kWeb), pid(kWeb), 0);
    }
  }

  void hook_done() {
    if (const auto hook = std::exchange(port_.web_hook, std::nullopt)) {
      fleet_.on_hook_done(kWeb, *hook, 0);
    }
  }

  PairPort port_;
  FleetMachine fleet_;
};

enum class Origin : std::uint8_t { kBoot, kBothRun };

/// The digits of `sequence` in base kMoves.
void run_sequence(std::uint64_t sequence, DependencyKind kind, RestartPolicy policy,
                  Origin origin) {
  Pair pair(kind, policy);
  if (origin == Origin::kBothRun) {
    pair.move(Move::kDbSpawned);
    pair.move(Move::kDbReady);
    pair.move(Move::kWebSpawned);
  }
  for (int i = 0; i < kLength; ++i) {
    pair.move(static_cast<Move>(sequence % kMoves));
    pair.check();
    sequence /= kMoves;
  }
}

class EveryPairSequenceTest : public testing::TestWithParam<DependencyKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EveryPairSequenceTest,
                         testing::Values(DependencyKind::kAfter, DependencyKind::kWants,
                                         DependencyKind::kRequires));

TEST_P(EveryPairSequenceTest, KeepsTheOrder) {
  std::uint64_t sequences = 1;
  for (int i = 0; i < kLength; ++i) {
    sequences *= kMoves;
  }
  for (const RestartPolicy policy : {RestartPolicy::kAlways, RestartPolicy::kNever}) {
    for (std::uint64_t sequence = 0; sequence < sequences; ++sequence) {
      run_sequence(sequence, GetParam(), policy, Origin::kBoot);
      run_sequence(sequence, GetParam(), policy, Origin::kBothRun);
    }
  }
}

}  // namespace
}  // namespace supervisor
