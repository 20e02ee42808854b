// When one scheduled service runs next, and what becomes of runs that could not be made. No system
// call, no clock; machine/cron.h has the arithmetic.
//
//   disarmed ──arm──▶ armed: the next run is known ──its time──▶ run, queue or skip ──▶ armed
//
// It is armed as long as somebody wants its service. Fields go by the wall clock, which may jump:
// a run that is noticed kLateMaxS after its time or later is missed, for the clock was set or the
// machine slept. Missed runs are counted and told; with catch_up one is made for all of them. A
// clock that is set back by less than kRepeatMaxS makes no run a second time; set back farther, it
// was wrong before, and the schedule goes on from what it shows now. @every goes by the monotonic
// clock, which never jumps: the n-th run is due n intervals after the service was armed.
// Threads: the loop's thread only. Owner: FleetMachine.
#pragma once

#include <cstdint>
#include <optional>

#include "supervisor/config/config.h"
#include "supervisor/machine/cron.h"
#include "supervisor/machine/fleet_snapshot.h"

namespace supervisor {

struct ScheduleLimits {
  static constexpr std::int64_t kLateMaxS = 60;
  static constexpr std::int64_t kRepeatMaxS = 3 * 3600;  // as cron(8)
  static constexpr std::uint64_t kMissedMax = 1000;      // counted at one time
};

struct ScheduleRules {
  Schedule schedule;
  base::TimeZone zone;
  Overlap overlap = Overlap::kSkip;
  bool catch_up = false;
};

/// Both clocks at one moment.
struct ClockReading {
  std::uint64_t now_ns = 0;       // monotonic
  std::uint64_t realtime_ns = 0;  // unix time
};

class ScheduleMachine {
 public:
  /// What the clock brought: a run that is due, and how many were missed (at least).
  struct Due {
    bool run = false;
    std::uint64_t missed = 0;
  };
  enum class Busy : std::uint8_t { kQueued, kSkipped };

  explicit ScheduleMachine(std::optional<ScheduleRules> rules) : rules_(std::move(rules)) {}

  /// A service that is not scheduled has none, and is never armed.
  void set_rules(std::optional<ScheduleRules> rules, const ClockReading& clock);
  void arm(const ClockReading& clock);
  void disarm();
  /// At any time; after the clock was set, soon.
  [[nodiscard]] Due look(const ClockReading& clock);

  /// A run is due and the service is not free.
  [[nodiscard]] Busy on_busy();
  /// The service is free: whether a run was queued. It is not any more.
  [[nodiscard]] bool take_queued();

  // For a live upgrade (fleet_snapshot.cpp).
  [[nodiscard]] ScheduleSnapshot snapshot() const;
  void restore(const ScheduleSnapshot& snapshot);

  [[nodiscard]] bool armed() const { return armed_; }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  [[nodiscard]] std::uint64_t missed() const { return missed_; }
  /// Of the next run; one of them is set while it is armed, unless it never runs again.
  [[nodiscard]] std::optional<std::uint64_t> due_ns() const { return due_ns_; }
  [[nodiscard]] std::optional<std::uint64_t> due_realtime_ns() const;

 private:
  void find_next(const ClockReading& clock);
  [[nodiscard]] Due look_at_interval(std::uint64_t now_ns);
  [[nodiscard]] Due look_at_fields(std::int64_t now_s);
  [[nodiscard]] std::optional<std::int64_t> next_after(std::int64_t after_s) const;

  std::optional<ScheduleRules> rules_;
  bool armed_ = false;
  bool queued_ = false;
  std::optional<std::uint64_t> due_ns_;
  std::optional<std::int64_t> due_s_;   // unix time
  std::optional<std::int64_t> last_s_;  // the run that was due last
  std::uint64_t skipped_ = 0;
  std::uint64_t missed_ = 0;
};

}  // namespace supervisor
