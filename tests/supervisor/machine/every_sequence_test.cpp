// Every sequence of events up to a length, sensible or not, against one service. The port keeps its
// own books about the world and checks each effect against them; the machine's own table
// (check_invariants) is checked in every step.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "supervisor/machine/service_machine.h"

namespace supervisor {
namespace {

#if defined(BIRL_SANITIZED)
constexpr int kLengthMax = 5;  // 0.6 M sequences
#else
constexpr int kLengthMax = 6;  // 8.1 M, about 6 s in a debug build
#endif

/// The world as the effects and the events describe it. A value, so that the search can go back.
class BookkeepingPort final : public ServicePort {
 public:
  enum class Process : std::uint8_t { kNone, kSpawning, kAlive };

  void spawn(ServiceId, std::uint32_t incarnation) override {
    ASSERT(process == Process::kNone && incarnation == newest + 1 && !shut_down);
    process = Process::kSpawning;
    newest = incarnation;
    handed_over = false;
  }
  void abandon_spawn(ServiceId) override {
    ASSERT(process == Process::kSpawning);
    process = Process::kNone;
  }
  void signal(ServiceId, pid_t pid, int, StopTo) override {
    ASSERT(process == Process::kAlive && pid == alive_pid());
  }
  void kill_group(ServiceId, pid_t group) override { ASSERT(group > 0); }
  bool group_alive(pid_t) override { return groups_live; }
  void run_hook(ServiceId, HookKind hook, std::string_view) override {
    ASSERT(!hooks[static_cast<std::size_t>(hook)]);
    ASSERT(hook == HookKind::kStop || process == Process::kNone);
    hooks[static_cast<std::size_t>(hook)] = true;
  }
  void abandon_hook(ServiceId, HookKind hook) override {
    ASSERT(hooks[static_cast<std::size_t>(hook)]);
    hooks[static_cast<std::size_t>(hook)] = false;
  }
  void start_timer(ServiceId, std::uint64_t, const ServiceTimer&) override { timer = true; }
  void cancel_timer(ServiceId) override {
    ASSERT(timer);
    timer = false;
  }
  std::uint64_t random() override { return 0; }
  void state_changed(ServiceId, const StateChange& change) override {
    ASSERT(change.from == state && change.from != change.to);
    state = change.to;
  }
  void ended_for_good(ServiceId, const Ending&) override {
    ASSERT(state == ServiceState::kFailed || state == ServiceState::kDone);
  }

  [[nodiscard]] pid_t first_pid() const { return static_cast<pid_t>(100 + newest); }
  [[nodiscard]] pid_t alive_pid() const { return first_pid() + (handed_over ? 50 : 0); }

  Process process = Process::kNone;
  ServiceState state = ServiceState::kStopped;
  std::uint32_t newest = 0;  // incarnation
  bool timer = false;
  bool shut_down = false;
  bool groups_live = false;
  bool handed_over = false;     // another process is the main one
  std::array<bool, 3> hooks{};  // by HookKind: it runs
};

enum class Move : std::uint8_t {
  kStart,
  kStop,
  kRestart,
  kDependenciesMet,
  kSpawned,
  kStaleSpawned,
  kSpawnFailed,
  kExitedWell,
  kExitedBadly,
  kReady,
  kTimer,
  kGroupGone,
  kShutdown,
  kHurry,
  kStopHookDone,  // the last four only of services with hooks
  kExitHookDone,
  kSweepDone,
  kMainPid,
};
constexpr std::size_t kHookMoves = 4;
constexpr std::array kMoves{
    Move::kStart,       Move::kStop,         Move::kRestart,      Move::kDependenciesMet,
    Move::kSpawned,     Move::kStaleSpawned, Move::kSpawnFailed,  Move::kExitedWell,
    Move::kExitedBadly, Move::kReady,        Move::kTimer,        Move::kGroupGone,
    Move::kShutdown,    Move::kHurry,        Move::kStopHookDone, Move::kExitHookDone,
    Move::kSweepDone,   Move::kMainPid,
};

std::size_t move_count(const ServiceRules& rules) {
  return rules.has_exit_hook ? kMoves.size() : kMoves.size() - kHookMoves;
}

class Search {
 public:
  explicit Search(ServiceRules rules) : rules_(std::move(rules)) {}

  std::uint64_t run(int length) {
    const ServiceMachine machine(0, rules_, port_);
    explore(machine, length);
    return sequences_;
  }

 private:
  void explore(const ServiceMachine& machine, int length_left) {
    ++sequences_;
    if (length_left == 0) {
      return;
    }
    for (const Move move : std::span(kMoves).first(move_count(rules_))) {
      const BookkeepingPort before = port_;
      ServiceMachine next = machine;
      next.step(make_event(move, machine), base::kNsPerMs);
      check(next);
      explore(next, length_left - 1);
      port_.~BookkeepingPort();
      new (&port_) BookkeepingPort(before);
    }
  }

  /// The event, and what it says about the world.
  ServiceEvent make_event(Move move, const ServiceMachine& machine) {
    using Process = BookkeepingPort::Process;
    const std::uint32_t newest = port_.newest;
    const pid_t pid = port_.alive_pid();
    switch (move) {
      case Move::kStart:
        return {.kind = ServiceEventKind::kStart};
      case Move::kStop:
        return {.kind = ServiceEventKind::kStop};
      case Move::kRestart:
        return {.kind = ServiceEventKind::kRestart};
      case Move::kDependenciesMet:
        return {.kind = ServiceEventKind::kDependenciesMet};
      case Move::kSpawned:
        become(Process::kSpawning, Process::kAlive);
        return {
            .kind = ServiceEventKind::kSpawned, .pid = port_.first_pid(), .incarnation = newest};
      case Move::kStaleSpawned:
        return {.kind = ServiceEventKind::kSpawned, .pid = 7, .incarnation = newest + 1};
      case Move::kSpawnFailed:
        become(Process::kSpawning, Process::kNone);
        return {.kind = ServiceEventKind::kSpawnFailed,
                .incarnation = newest,
                .exit = ExitStatus::not_started(kCodeNotFound)};
      case Move::kExitedWell:
        become(Process::kAlive, Process::kNone);
        return {.kind = ServiceEventKind::kExited, .pid = pid};
      case Move::kExitedBadly:
        become(Process::kAlive, Process::kNone);
        return {.kind = ServiceEventKind::kExited, .pid = pid, .exit = ExitStatus::signaled(11)};
      case Move::kReady:
        return {.kind = ServiceEventKind::kReady};
      case Move::kTimer:
        port_.timer = false;
        return {.kind = ServiceEventKind::kTimer,
                .generation = machine.timer() ? machine.timer()->generation : 0};
      case Move::kGroupGone:
        port_.groups_live = false;
        return {.kind = ServiceEventKind::kGroupChanged};
      case Move::kShutdown:
        port_.shut_down = true;
        return {.kind = ServiceEventKind::kShutdown, .deadline_ns = base::kNsPerSecond};
      case Move::kHurry:
        return {.kind = ServiceEventKind::kHurry};
      case Move::kStopHookDone:
        port_.hooks[0] = false;
        return {.kind = ServiceEventKind::kHookDone, .hook = HookKind::kStop};
      case Move::kExitHookDone:
        port_.hooks[1] = false;
        return {.kind = ServiceEventKind::kHookDone, .hook = HookKind::kExit};
      case Move::kSweepDone:
        port_.hooks[2] = false;
        return {.kind = ServiceEventKind::kHookDone, .hook = HookKind::kSweep};
      case Move::kMainPid:
        port_.handed_over = port_.handed_over || port_.process != Process::kNone;
        return {.kind = ServiceEventKind::kMainPid,
                .pid = port_.first_pid() + 50,
                .group = port_.first_pid() + 50};
    }
    return {};
  }

  void become(BookkeepingPort::Process from, BookkeepingPort::Process to) {
    if (port_.process == from) {
      port_.process = to;
      port_.groups_live = to == BookkeepingPort::Process::kAlive || port_.groups_live;
    }
  }

  void check(const ServiceMachine& machine) const {
    using Process = BookkeepingPort::Process;
    ASSERT(machine.state() == port_.state);
    ASSERT(machine.timer().has_value() == port_.timer);
    ASSERT((machine.child() == ChildPhase::kSpawning) == (port_.process == Process::kSpawning));
    ASSERT((machine.child() == ChildPhase::kAlive) == (port_.process == Process::kAlive));
    ASSERT(!machine.at_rest() || port_.process == Process::kNone);
    ASSERT(machine.state() == ServiceState::kStopping ||
           (!port_.hooks[0] && !port_.hooks[1] && !port_.hooks[2]));
  }

  ServiceRules rules_;
  BookkeepingPort port_;
  std::uint64_t sequences_ = 0;
};

std::uint64_t sequences_up_to(int length, std::size_t moves = kMoves.size() - kHookMoves) {
  std::uint64_t sum = 1;
  for (int i = 0; i < length; ++i) {
    sum = sum * moves + 1;
  }
  return sum;
}

ServiceRules make_rules(RestartPolicy restart, bool awaits_ready, StopTo stop_to) {
  ServiceRules rules;
  rules.restart = restart;
  rules.checks.ready = awaits_ready ? ReadySource::kItself : ReadySource::kStart;
  rules.stop_to = stop_to;
  return rules;
}

TEST(EverySequenceTest, KeepsTheBooksOfADaemon) {
  Search search(make_rules(RestartPolicy::kAlways, false, StopTo::kGroup));
  EXPECT_EQ(search.run(kLengthMax), sequences_up_to(kLengthMax));
}

TEST(EverySequenceTest, KeepsTheBooksOfAPrimaryThatAwaitsReadiness) {
  Search search(make_rules(RestartPolicy::kNever, true, StopTo::kProcess));
  EXPECT_EQ(search.run(kLengthMax - 1), sequences_up_to(kLengthMax - 1));
}

TEST(EverySequenceTest, KeepsTheBooksOfALimitedOneshot) {
  ServiceRules rules = make_rules(RestartPolicy::kOnFailure, false, StopTo::kProcess);
  rules.type = ServiceType::kOneshot;
  rules.restart_limit = {1, base::seconds(10), RestartLimitThen::kShutdown};
  Search search(rules);
  EXPECT_EQ(search.run(kLengthMax - 1), sequences_up_to(kLengthMax - 1));
}

TEST(EverySequenceTest, KeepsTheBooksOfADaemonAndAOneshotWithHooks) {
  for (const ServiceType type : {ServiceType::kDaemon, ServiceType::kOneshot}) {
    ServiceRules rules = make_rules(RestartPolicy::kOnFailure, false, StopTo::kGroup);
    rules.type = type;
    rules.has_exit_hook = true;
    rules.has_stop_command = true;
    rules.sweeps = true;
    Search search(rules);
    EXPECT_EQ(search.run(kLengthMax - 1), sequences_up_to(kLengthMax - 1, kMoves.size()));
  }
}

}  // namespace
}  // namespace supervisor
