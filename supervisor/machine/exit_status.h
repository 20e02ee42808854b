// How a service's run ended: by an exit code, by a signal, or it never began.
// Threads: values.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace supervisor {

inline constexpr int kCodeNotFound = 127;       // the program does not exist
inline constexpr int kCodeNotExecutable = 126;  // anything else that kept it from starting
inline constexpr int kCodeSignalBase = 128;

enum class ExitKind : std::uint8_t { kExited, kSignaled, kNotStarted };

struct ExitStatus {
  ExitKind kind = ExitKind::kExited;
  int code = 0;    // kExited: the exit code; kNotStarted: 127 or 126
  int signal = 0;  // kSignaled

  [[nodiscard]] static ExitStatus exited(int code) { return {ExitKind::kExited, code, 0}; }
  [[nodiscard]] static ExitStatus signaled(int signal) { return {ExitKind::kSignaled, 0, signal}; }
  [[nodiscard]] static ExitStatus not_started(int code) { return {ExitKind::kNotStarted, code, 0}; }
  /// From waitpid()'s status word.
  [[nodiscard]] static ExitStatus from_wait_status(int wait_status);

  /// What a container reports: the code, or 128 + the signal.
  [[nodiscard]] int container_code() const;
  [[nodiscard]] bool is_success(std::span<const std::int32_t> success_exit_codes) const;
  /// "exited with code 3", "killed by signal 9", "could not be started".
  [[nodiscard]] std::string describe() const;

  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

}  // namespace supervisor
