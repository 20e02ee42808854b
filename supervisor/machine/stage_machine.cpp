#include "supervisor/machine/stage_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace supervisor {
namespace {

constexpr int kCodeListFailed = 1;
constexpr int kSignalTerm = 15;
constexpr int kSignalKill = 9;

std::uint64_t add_saturating(std::uint64_t a, std::uint64_t b) {
  return b > StageMachine::kNever - a ? StageMachine::kNever : a + b;
}

/// Timers count milliseconds of the loop's clock and may come a little early.
bool is_reached(std::uint64_t due_ns, std::uint64_t now_ns) {
  constexpr std::uint64_t kEarlyMaxNs = 2 * base::kNsPerMs;
  return now_ns + kEarlyMaxNs >= due_ns;
}

}  // namespace

void StageMachine::begin(std::uint64_t deadline_ns, std::uint64_t now_ns) {
  ASSERT(state_ == State::kIdle);
  state_ = State::kListing;
  deadline_ns_ = deadline_ns;
  if (rules_.timeout_ns) {
    timeout_due_ns_ = add_saturating(now_ns, *rules_.timeout_ns);
  }
  if (term_due_ns(now_ns) != kNever) {
    arm(term_due_ns(now_ns), now_ns);
  }
  port_.list_scripts(rules_.kind);
}

/// When the running script is asked to go: early enough for it to obey before the KILL.
std::uint64_t StageMachine::term_due_ns(std::uint64_t now_ns) const {
  if (deadline_ns_ == kNever) {
    return timeout_due_ns_;
  }
  const std::uint64_t left_ns = deadline_ns_ - std::min(deadline_ns_, now_ns);
  return std::min(timeout_due_ns_, deadline_ns_ - std::min(rules_.kill_grace_ns, left_ns / 4));
}

void StageMachine::stop(std::uint64_t deadline_ns, std::uint64_t now_ns) {
  deadline_ns_ = std::min(deadline_ns_, deadline_ns);
  switch (state_) {
    case State::kIdle:
      return end(Result::kStopped);
    case State::kListing:
    case State::kStarting:
      port_.abandon(rules_.kind);
      return end(Result::kStopped);
    case State::kRunning:
      return ask_to_stop(Why::kStop, now_ns);
    case State::kStopping:
      why_stopping_ = Why::kStop;
      return arm(deadline_ns_, now_ns);
    case State::kEnded:
      return;
  }
}

void StageMachine::hurry() {
  switch (state_) {
    case State::kListing:
    case State::kStarting:
      port_.abandon(rules_.kind);
      return end(Result::kStopped);
    case State::kRunning:
    case State::kStopping:
      why_stopping_ = Why::kStop;
      return kill_script();
    case State::kIdle:
    case State::kEnded:
      return;
  }
}

void StageMachine::on_listed(std::vector<std::string> names, std::uint64_t now_ns) {
  if (state_ == State::kListing) {
    names_ = std::move(names);
    begin_next(now_ns);
  }
}

void StageMachine::on_list_failed(std::string_view reason) {
  if (state_ == State::kListing) {
    fail(kCodeListFailed, reason);
    end(Result::kFailed);
  }
}

void StageMachine::begin_next(std::uint64_t now_ns) {
  pid_ = 0;
  if (next_ == names_.size()) {
    return end(exit_code_ == 0 ? Result::kDone : Result::kFailed);
  }
  if (term_due_ns(now_ns) <= now_ns) {
    const std::string what = fmt::format("no time is left for {}", names_[next_]);
    if (is_reached(timeout_due_ns_, now_ns)) {
      fail(kCodeStageTimeout, what);
      return end(Result::kFailed);
    }
    port_.script_failed(rules_.kind, what);
    return end(Result::kStopped);
  }
  state_ = State::kStarting;
  port_.start_script(rules_.kind, next_++);
}

void StageMachine::on_started(pid_t pid) {
  if (state_ == State::kStarting) {
    state_ = State::kRunning;
    pid_ = pid;
  }
}

void StageMachine::on_start_failed(int exit_code, std::string_view reason, std::uint64_t now_ns) {
  if (state_ != State::kStarting) {
    return;  // of a start that was given up on
  }
  fail(exit_code, reason);
  if (rules_.on_failure == OnFailure::kAbort) {
    return end(Result::kFailed);
  }
  begin_next(now_ns);
}

bool StageMachine::on_exited(pid_t pid, const ExitStatus& exit, std::uint64_t now_ns) {
  const bool runs = state_ == State::kRunning || state_ == State::kStopping;
  if (!runs || pid != pid_) {
    return false;
  }
  const bool success = exit.kind == ExitKind::kExited && exit.code == 0;
  const std::string& name = names_[next_ - 1];
  if (state_ == State::kStopping) {
    port_.signal_group(rules_.kind, pid_, kSignalKill);  // what the TERM did not end
    if (why_stopping_ == Why::kStop) {
      end(Result::kStopped);
    } else {
      fail(success ? kCodeStageTimeout : exit.container_code(),
           fmt::format("{} took too long", name));
      end(Result::kFailed);
    }
    return true;
  }
  if (!success) {
    port_.signal_group(rules_.kind, pid_, kSignalKill);
    fail(exit.container_code(), fmt::format("{} {}", name, exit.describe()));
  }
  if (!success && rules_.on_failure == OnFailure::kAbort) {
    end(Result::kFailed);
  } else {
    begin_next(now_ns);
  }
  return true;
}

void StageMachine::on_timer(std::uint64_t generation, std::uint64_t now_ns) {
  if (!timer_runs_ || generation != timer_generation_) {
    return;  // it was cancelled or replaced while on its way
  }
  timer_runs_ = false;
  const bool is_timeout = is_reached(timeout_due_ns_, now_ns);  // else the shutdown's time is over
  const auto give_up = [&](const std::string& what) {
    port_.abandon(rules_.kind);
    if (is_timeout) {
      fail(kCodeStageTimeout, what);
      return end(Result::kFailed);
    }
    port_.script_failed(rules_.kind, what);
    end(Result::kStopped);
  };
  switch (state_) {
    case State::kListing:
      return give_up("its directory could not be read in time");
    case State::kStarting:
      return give_up(fmt::format("{} did not start in time", names_[next_ - 1]));
    case State::kRunning:
      if (!is_timeout) {
        port_.script_failed(rules_.kind,
                            fmt::format("{} is stopped: no time is left", names_[next_ - 1]));
      }
      return ask_to_stop(is_timeout ? Why::kTimeout : Why::kStop, now_ns);
    case State::kStopping:
      return kill_script();
    case State::kIdle:
    case State::kEnded:
      ASSERT(false && "a stage that is idle or over has no timer");
  }
}

void StageMachine::ask_to_stop(Why why, std::uint64_t now_ns) {
  state_ = State::kStopping;
  why_stopping_ = why;
  deadline_ns_ = why == Why::kTimeout
                     ? std::min(deadline_ns_, add_saturating(now_ns, rules_.kill_grace_ns))
                     : deadline_ns_;
  arm(deadline_ns_, now_ns);
  port_.signal_group(rules_.kind, pid_, kSignalTerm);
}

/// The end, even if the kernel keeps the process: nothing must hang on it.
void StageMachine::kill_script() {
  port_.signal_group(rules_.kind, pid_, kSignalKill);
  if (why_stopping_ == Why::kTimeout) {
    fail(kCodeSignalBase + kSignalKill,
         fmt::format("{} took too long and was killed", names_[next_ - 1]));
    return end(Result::kFailed);
  }
  end(Result::kStopped);
}

void StageMachine::fail(int exit_code, std::string_view what) {
  port_.script_failed(rules_.kind, what);
  if (exit_code_ == 0) {
    exit_code_ = exit_code;
    reason_ = fmt::format("{}: {}", stage_name(rules_.kind), what);
  }
}

void StageMachine::end(Result result) {
  cancel_timer();
  const bool has_begun = std::exchange(state_, State::kEnded) != State::kIdle;
  result_ = result;
  if (has_begun) {
    port_.stage_ended(rules_.kind, reason_);
  }
}

void StageMachine::arm(std::uint64_t due_ns, std::uint64_t now_ns) {
  if (due_ns == kNever) {
    return cancel_timer();
  }
  timer_runs_ = true;
  port_.start_timer(rules_.kind, due_ns - std::min(due_ns, now_ns), ++timer_generation_);
}

void StageMachine::cancel_timer() {
  if (timer_runs_) {
    timer_runs_ = false;
    port_.cancel_timer(rules_.kind);
  }
}

}  // namespace supervisor
