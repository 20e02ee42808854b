// A service machine as plain data: what a live upgrade carries from one PID 1 to the next, together
// with the configuration, from which the rules are made anew.
//
// Encoded by base/codec.h: a member that the reader does not know is skipped, one that the writer
// did not know keeps its default. Numbers of enumerators are therefore a contract between versions:
// new ones go to the end. Times are of the monotonic clock, which goes on across an exec.
// check_service_snapshot() says whether a machine may be in such a state at all; what did not come
// from snapshot() goes through it before restore(). Threads: values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "supervisor/machine/exit_status.h"
#include "supervisor/machine/service_port.h"

namespace supervisor {

struct ExitSnapshot {
  ExitKind kind = ExitKind::kExited;
  std::int32_t code = 0;
  std::int32_t signal = 0;

  template <typename V>
  void visit(V& v) {
    v.field("kind", kind);
    v.field("code", code);
    v.field("signal", signal);
  }
};
[[nodiscard]] ExitSnapshot make_snapshot(const ExitStatus& exit);
[[nodiscard]] ExitStatus make_exit_status(const ExitSnapshot& snapshot);

struct TimerSnapshot {
  TimerKind kind = TimerKind::kBackoff;
  std::uint64_t generation = 0;
  std::uint64_t due_ns = 0;

  template <typename V>
  void visit(V& v) {
    v.field("kind", kind);
    v.field("generation", generation);
    v.field("due_ns", due_ns);
  }
};

struct EndSnapshot {
  ExitSnapshot exit;
  std::string reason;

  template <typename V>
  void visit(V& v) {
    v.field("exit", exit);
    v.field("reason", reason);
  }
};

struct StopSnapshot {
  std::uint64_t took_ns = 0;
  bool killed = false;

  template <typename V>
  void visit(V& v) {
    v.field("took_ns", took_ns);
    v.field("killed", killed);
  }
};

/// What service_machine.h's table of possible combinations is about.
struct ServicePhases {
  ServiceState state = ServiceState::kStopped;
  std::uint8_t child = 0;
  std::uint8_t stop_phase = 0;
  bool stop_command_runs = false;
  bool exit_hook_runs = false;
  bool sweep_runs = false;
  std::optional<TimerKind> timer;
};

/// Members as in ServiceMachine, which explains them.
struct ServiceSnapshot {
  ServiceState state = ServiceState::kStopped;
  std::uint8_t goal = 0;
  std::uint8_t child = 0;
  std::uint8_t stop_phase = 0;
  bool has_next_rules = false;
  bool due = false;
  bool ready_early = false;
  bool hurried = false;
  bool stop_command_runs = false;
  bool exit_hook_runs = false;
  bool sweep_runs = false;
  bool sweep_due = false;
  bool exit_hook_due = false;
  pid_t pid = 0;
  pid_t group = 0;
  pid_t former_pid = 0;
  std::uint32_t incarnation = 0;
  std::uint64_t since_ns = 0;
  std::uint64_t start_began_ns = 0;
  std::uint64_t run_began_ns = 0;
  std::uint64_t stop_deadline_ns = 0;
  std::uint64_t stop_began_ns = 0;
  std::string stop_reason;
  std::uint64_t restarts = 0;
  std::string reason;
  std::uint64_t timer_generation = 0;
  std::uint32_t backoff_row = 0;
  std::vector<std::uint64_t> recent_restarts_ns;
  std::optional<EndSnapshot> pending_end;
  std::optional<StopSnapshot> stop_report;
  std::optional<ExitSnapshot> last_exit;
  std::optional<TimerSnapshot> timer;

  template <typename V>
  void visit(V& v) {
    v.field("state", state);
    v.field("goal", goal);
    v.field("child", child);
    v.field("stop_phase", stop_phase);
    v.field("has_next_rules", has_next_rules);
    v.field("due", due);
    v.field("ready_early", ready_early);
    v.field("hurried", hurried);
    v.field("stop_command_runs", stop_command_runs);
    v.field("exit_hook_runs", exit_hook_runs);
    v.field("sweep_runs", sweep_runs);
    v.field("sweep_due", sweep_due);
    v.field("exit_hook_due", exit_hook_due);
    v.field("pid", pid);
    v.field("group", group);
    v.field("former_pid", former_pid);
    v.field("incarnation", incarnation);
    v.field("since_ns", since_ns);
    v.field("start_began_ns", start_began_ns);
    v.field("run_began_ns", run_began_ns);
    v.field("stop_deadline_ns", stop_deadline_ns);
    v.field("stop_began_ns", stop_began_ns);
    v.field("stop_reason", stop_reason);
    v.field("restarts", restarts);
    v.field("reason", reason);
    v.field("timer_generation", timer_generation);
    v.field("backoff_row", backoff_row);
    v.field("recent_restarts_ns", recent_restarts_ns);
    v.field("pending_end", pending_end);
    v.field("stop_report", stop_report);
    v.field("last_exit", last_exit);
    v.field("timer", timer);
  }
};

/// kDamaged: no machine can be so (the table in service_machine.h), or an enumerator is unknown.
[[nodiscard]] base::Result<void> check_service_snapshot(const ServiceSnapshot& snapshot);

}  // namespace supervisor
