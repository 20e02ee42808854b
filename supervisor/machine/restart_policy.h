// What follows the end of a run: the arithmetic of restarts, without a clock.
//
// Backoff: the n-th wait in a row is initial * factor^n, at most max; `jitter` of it is random, so
// that services that die of one cause do not come back in one instant. A run of reset_after starts
// the row again. RestartWindow: at most `count` restarts within `within`.
// Threads: the loop's thread only; both are values inside their machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "supervisor/config/config.h"

namespace supervisor {

enum class AfterRun : std::uint8_t { kRestart, kDone, kFailed };

/// A oneshot that succeeded is done whatever the policy says: `always` means until it succeeds. Of
/// a scheduled service it is the run that is over; `always` is its schedule's business.
[[nodiscard]] AfterRun decide_after_run(ServiceType type, RestartPolicy policy, bool success);

class Backoff {
 public:
  explicit Backoff(const BackoffConfig& config) : config_(config) {}

  /// The wait before the next start; each call makes the following wait longer. `random`: any 64
  /// random bits.
  [[nodiscard]] std::uint64_t next_delay_ns(std::uint64_t random);
  void on_run_ended(std::uint64_t run_ns);
  void reset() { row_ = 0; }

  // For a live upgrade.
  [[nodiscard]] std::uint32_t row() const { return row_; }
  void restore(std::uint32_t row) { row_ = row; }

 private:
  BackoffConfig config_;
  std::uint32_t row_ = 0;  // waits given since the last reset
};

class RestartWindow {
 public:
  static constexpr std::size_t kCountMax = 1000;  // a larger `count` is no limit

  explicit RestartWindow(const RestartLimitConfig& config) : config_(config) {}

  /// Whether one more restart is within the limit; if so it is counted.
  [[nodiscard]] bool try_count(std::uint64_t now_ns);
  void reset() { restarts_ns_.clear(); }

  // For a live upgrade.
  [[nodiscard]] const std::vector<std::uint64_t>& restarts_ns() const { return restarts_ns_; }
  void restore(std::vector<std::uint64_t> restarts_ns) { restarts_ns_ = std::move(restarts_ns); }

 private:
  RestartLimitConfig config_;
  std::vector<std::uint64_t> restarts_ns_;  // at most kCountMax, oldest first
};

}  // namespace supervisor
