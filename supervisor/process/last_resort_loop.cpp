// The loop of last_resort: what is left of PID 1 after an internal error.
//
//   living ──TERM, a primary's end, no service left──▶ stopping ──all gone──────────▶ flushing ──▶
//   exit
//                                                       │ grace over, second TERM        ▲
//                                                       └───────────▶ killing ───────────┘
#include <signal.h>
#include <sys/wait.h>

#include "supervisor/process/last_resort_table.h"
#include "supervisor/process/raw_syscall.h"
#include "supervisor/process/signals.h"

namespace supervisor {

namespace {

constexpr std::uint64_t kMsPerSecond = 1000;
constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kKillMs = 1000;  // a killed process is gone at once, or hangs in the kernel

std::uint64_t now_ms() {
  timespec now{};
  raw_syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kMsPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec) / kNsPerMs;
}

bool is_stop_signal(long signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT || signal == SIGPWR ||
         signal == kSignalRtMin + 3;
}

class LastResortLoop {
 public:
  [[noreturn]] void run() {
    reap();
    for (;;) {
      advance();
      const long signal = wait_for_signal();
      if (is_stop_signal(signal)) {
        on_stop_signal();
      }
      reap();
    }
  }

 private:
  enum class Kind { kServices, kRouter };
  enum class Phase { kLiving, kStopping, kKilling, kFlushing };

  void advance() {
    // A phase may be over as soon as it begins.
    for (;;) {
      const Phase before = phase_;
      advance_once();
      if (phase_ == before) {
        return;
      }
    }
  }

  void advance_once() {
    const bool late = phase_ != Phase::kLiving && now_ms() >= deadline_ms_;
    switch (phase_) {
      case Phase::kLiving:
        if (primary_ended_ || !any_alive(Kind::kServices)) {
          begin_stop();
        }
        return;
      case Phase::kStopping:
        if (!any_alive(Kind::kServices)) {
          begin_flush();
        } else if (late) {
          begin_kill();
        }
        return;
      case Phase::kKilling:
        if (late || !any_alive(Kind::kServices)) {
          begin_flush();
        }
        return;
      case Phase::kFlushing:
        if (late || !any_alive(Kind::kRouter)) {
          finish();
        }
        return;
    }
  }

  void begin_stop() {
    enter(Phase::kStopping, data_.grace_ms);
    for (const LastResortEntry& entry : last_resort_entries) {
      if (is_alive(entry, Kind::kServices)) {
        send(entry.pid, entry.stop_group, entry.stop_signal);
      }
    }
  }

  void begin_kill() {
    enter(Phase::kKilling, kKillMs);
    for (const LastResortEntry& entry : last_resort_entries) {
      if (is_alive(entry, Kind::kServices)) {
        send(entry.pid, true, SIGKILL);
      }
    }
  }

  void begin_flush() {
    enter(Phase::kFlushing, data_.flush_ms);
    for (const LastResortEntry& entry : last_resort_entries) {
      if (is_alive(entry, Kind::kRouter)) {
        send(entry.pid, false, entry.stop_signal);
      }
    }
  }

  [[noreturn]] void finish() {
    for (const LastResortEntry& entry : last_resort_entries) {
      if (entry.pid > 0) {
        send(entry.pid, true, SIGKILL);
      }
    }
    if (raw_syscall(SYS_getpid) == 1) {
      raw_syscall(SYS_kill, -1, SIGKILL);
    }
    for (;;) {
      raw_syscall(SYS_exit_group, data_.exit_code.load());
    }
  }

  void enter(Phase phase, std::uint64_t for_ms) {
    phase_ = phase;
    deadline_ms_ = now_ms() + for_ms;
  }

  void on_stop_signal() {
    if (phase_ == Phase::kLiving) {
      begin_stop();
    } else {
      deadline_ms_ = now_ms();
    }
  }

  void reap() {
    for (;;) {
      int status = 0;
      const long pid = raw_syscall(SYS_wait4, -1, &status, WNOHANG, 0L);
      if (pid <= 0) {
        return;
      }
      on_end(static_cast<pid_t>(pid), status);
    }
  }

  void on_end(pid_t pid, int status) {
    for (LastResortEntry& entry : last_resort_entries) {
      if (entry.pid != pid) {
        continue;
      }
      entry.pid = 0;
      if (entry.role == LastResortRole::kPrimary && !primary_ended_) {
        primary_ended_ = true;
        data_.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      }
    }
  }

  /// For a signal, or for the end of the phase. Returns its number, or less than 1.
  long wait_for_signal() const {
    const unsigned long all = ~0UL;
    if (phase_ == Phase::kLiving) {
      return raw_syscall(SYS_rt_sigtimedwait, &all, 0L, 0L, sizeof(all));
    }
    const std::uint64_t now = now_ms();
    const std::uint64_t left_ms = deadline_ms_ > now ? deadline_ms_ - now : 0;
    const timespec timeout{.tv_sec = static_cast<time_t>(left_ms / kMsPerSecond),
                           .tv_nsec = static_cast<long>(left_ms % kMsPerSecond * kNsPerMs)};
    return raw_syscall(SYS_rt_sigtimedwait, &all, 0L, &timeout, sizeof(all));
  }

  [[nodiscard]] bool any_alive(Kind kind) const {
    for (const LastResortEntry& entry : last_resort_entries) {
      if (is_alive(entry, kind)) {
        return true;
      }
    }
    return false;
  }

  static bool is_alive(const LastResortEntry& entry, Kind kind) {
    const bool is_router = entry.role == LastResortRole::kRouter;
    return entry.pid > 0 && is_router == (kind == Kind::kRouter);
  }

  static void send(pid_t pid, bool to_group, int signal) {
    // A service leads its group from its first system call on; before that only its pid exists.
    if (!to_group || raw_syscall(SYS_kill, -pid, signal) < 0) {
      raw_syscall(SYS_kill, pid, signal);
    }
  }

  LastResortData& data_ = last_resort_data;
  Phase phase_ = Phase::kLiving;
  std::uint64_t deadline_ms_ = 0;
  bool primary_ended_ = false;
};

}  // namespace

void run_last_resort_loop() noexcept {
  LastResortLoop loop;
  loop.run();
}

}  // namespace supervisor
