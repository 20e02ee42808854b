// A stage: the scripts of one directory, run one after another. No system call, no clock.
//
//   idle ──begin──▶ listing ──▶ starting ──▶ running ──┬─▶ (next script) starting
//                      │           │            │      └─▶ ended: done, failed
//                      └───────────┴── stop ────┴─▶ stopping ──▶ ended: stopped, failed
//
// A stage has a hard deadline (the shutdown's budget) and a time-out of its own, for all scripts
// together; either may be missing. When the time is nearly up, or a stop comes, the running
// script's group gets TERM, at the end KILL, and the stage has ended whether or not the kernel lets
// go. A time-out is a failure of the script that ran; what it exits with afterwards is its code,
// 124 when that is 0 (as timeout(1) says). With on_failure = "continue" a failed script is told and
// the next one runs; after a time-out none does. A script that succeeded keeps the processes that
// it left in its group: leaving something behind may be what it is for.
//
// Answers to effects never come from inside the effect. Late and repeated events are legal.
// Threads: the loop's thread only. Owner: FleetMachine, or a test.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/config/config.h"
#include "supervisor/machine/exit_status.h"

namespace supervisor {

enum class StageKind : std::uint8_t { kInit, kBeforeStop, kFinish };
inline constexpr std::array<std::string_view, 3> kStageNames{"init", "before_stop", "finish"};
[[nodiscard]] constexpr std::string_view stage_name(StageKind kind) {
  return kStageNames[static_cast<std::size_t>(kind)];
}

inline constexpr int kCodeStageTimeout = 124;

struct StageRules {
  StageKind kind = StageKind::kInit;
  std::optional<std::uint64_t> timeout_ns;
  OnFailure on_failure = OnFailure::kAbort;
  std::uint64_t kill_grace_ns = 2 * base::kNsPerSecond;  // from the TERM to the KILL, at most
};

/// What a stage asks of PID 1; each implementation serves all stages.
class StagePort {
 public:
  virtual ~StagePort() = default;

  /// Answered by on_listed() or on_list_failed(), unless abandoned.
  virtual void list_scripts(StageKind stage) = 0;
  /// The `index`-th of the list. Answered by on_started() or on_start_failed(), unless abandoned.
  virtual void start_script(StageKind stage, std::size_t index) = 0;
  /// Gives up on the listing or the start under way: no answer any more.
  virtual void abandon(StageKind stage) = 0;
  virtual void signal_group(StageKind stage, pid_t group, int signal) = 0;
  /// One timer a stage; a new one replaces it.
  virtual void start_timer(StageKind stage, std::uint64_t delay_ns, std::uint64_t generation) = 0;
  virtual void cancel_timer(StageKind stage) = 0;
  /// For people: "10-database exited with code 1".
  virtual void script_failed(StageKind stage, std::string_view what) = 0;
  /// A stage that has begun has ended. `failure`: of its first failed script; empty: none.
  virtual void stage_ended(StageKind stage, std::string_view failure) = 0;
};

class StageMachine {
 public:
  enum class State : std::uint8_t { kIdle, kListing, kStarting, kRunning, kStopping, kEnded };
  enum class Result : std::uint8_t { kDone, kFailed, kStopped };
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  /// `port` is borrowed and must outlive the machine.
  StageMachine(StageRules rules, StagePort& port) : rules_(rules), port_(port) {}

  /// Once. `deadline_ns`: when it must have ended; kNever: whenever it likes.
  void begin(std::uint64_t deadline_ns, std::uint64_t now_ns);
  /// Down until `deadline_ns`, no script any more. A stage that is idle has ended.
  void stop(std::uint64_t deadline_ns, std::uint64_t now_ns);
  /// The operator is impatient: KILL.
  void hurry();

  void on_listed(std::vector<std::string> names, std::uint64_t now_ns);
  void on_list_failed(std::string_view reason);
  void on_started(pid_t pid);
  /// `exit_code`: 127 or 126. `reason`: "cannot start 10-database: ...".
  void on_start_failed(int exit_code, std::string_view reason, std::uint64_t now_ns);
  /// Whether `pid` is its script.
  bool on_exited(pid_t pid, const ExitStatus& exit, std::uint64_t now_ns);
  void on_timer(std::uint64_t generation, std::uint64_t now_ns);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool ended() const { return state_ == State::kEnded; }
  [[nodiscard]] Result result() const { return result_; }
  [[nodiscard]] int exit_code() const {
    return exit_code_;
  }  // of kFailed: the first failed script's
  [[nodiscard]] const std::string& reason() const { return reason_; }  // of kFailed

 private:
  enum class Why : std::uint8_t { kNothing, kStop, kTimeout };

  void begin_next(std::uint64_t now_ns);
  void fail(int exit_code, std::string_view what);
  void ask_to_stop(Why why, std::uint64_t now_ns);
  void kill_script();
  void end(Result result);
  void arm(std::uint64_t due_ns, std::uint64_t now_ns);
  void cancel_timer();
  [[nodiscard]] std::uint64_t term_due_ns(std::uint64_t now_ns) const;

  StageRules rules_;
  StagePort& port_;
  State state_ = State::kIdle;
  Result result_ = Result::kDone;
  Why why_stopping_ = Why::kNothing;
  std::vector<std::string> names_;
  std::size_t next_ = 0;  // index of the script behind the current one
  pid_t pid_ = 0;
  std::uint64_t timeout_due_ns_ = kNever;  // the TERM of its own time-out
  std::uint64_t deadline_ns_ = kNever;     // the KILL
  bool timer_runs_ = false;
  std::uint64_t timer_generation_ = 0;
  int exit_code_ = 0;
  std::string reason_;
};

}  // namespace supervisor
