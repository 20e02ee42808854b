// Signals: what each does to birl, and reading them from a signalfd.
//
// PID 1 gets signals as data (signalfd), never in a handler: a handler's pipe can fill, and code in
// handlers must be careful. Two kinds stay out of it: the faults (SEGV BUS ILL FPE ABRT, and TRAP
// SYS) belong to last_resort.h, and PIPE is ignored.
// Threads: the loop's thread only.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "supervisor/config/signal_names.h"

namespace supervisor {

/// Can reach birl through the signalfd.
[[nodiscard]] bool is_handled_signal(int signal);
/// Handled, and means something to a service: not CHLD, nor TTIN and TTOU (job control of birl
/// itself).
[[nodiscard]] bool is_forwardable_signal(int signal);

enum class SignalAction : std::uint8_t { kIgnore, kStop, kReload, kReopen, kRotate, kForward };

struct SignalRule {
  SignalAction action = SignalAction::kIgnore;
  int signal = 0;  // kForward: the one that the primary gets; kStop: the one that came

  friend bool operator==(const SignalRule&, const SignalRule&) = default;
};

/// What to do with each signal (interface, section 4).
class SignalTable {
 public:
  /// `configured` is false for `birl run CMD` without any configuration file: then all but TERM and
  /// INT are forwarded. `overrides` is [birl] signals; an error names the entry that is wrong.
  [[nodiscard]] static base::Result<SignalTable> make(
      bool configured, const std::map<std::string, std::string>& overrides);

  [[nodiscard]] SignalRule rule(int signal) const;

 private:
  std::array<SignalRule, kSignalMax + 1> rules_{};
};

struct ReceivedSignal {
  int signal = 0;
  pid_t sender = 0;  // 0: the kernel, or a process outside of our PID namespace
};

/// All handled signals, blocked and readable. Once made they stay blocked: children get an empty
/// mask from the spawner.
class SignalSource {
 public:
  [[nodiscard]] static base::Result<SignalSource> open();

  /// The same in a process that was exec'ed by a birl, which has blocked them: what is pending
  /// stays so. (Setting CHLD to its default would discard it.)
  [[nodiscard]] static base::Result<SignalSource> take_over();

  [[nodiscard]] int fd() const { return fd_.get(); }  // non-blocking
  /// All that is pending, at most 64; what is left keeps the descriptor readable.
  [[nodiscard]] std::vector<ReceivedSignal> read_pending();

 private:
  explicit SignalSource(base::Fd fd) : fd_(std::move(fd)) {}
  base::Fd fd_;
};

}  // namespace supervisor
