// Whether one service is ready and stays healthy: when it is looked at, and what follows from what
// was seen. No system call, no clock.
//
//            pursue(ready)            passed: it is ready
//     idle ───────────────▶ checking ─────────────────────▶ (its state changes: pursue)
//      │                     ▲    │ failed, or hung and killed
//      │ pursue(health)      │    ▼
//      └──────────────────▶ pausing
//
// A service is looked at for one purpose at a time: until it is ready for readiness, then for its
// health. Readiness is checked at once and after every interval, without end: the limit of a start
// is the service machine's. Health is checked an interval after the service was ready; failures
// count after start_period, a success takes them back. A watchdog is a pause that every message of
// the service begins anew; its end is a failure.
// At most one check runs and one timer is set. What comes late from a check or a timer that is not
// wanted any more is known by its number.
// Threads: the loop's thread only. Owner: FleetMachine, or a test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "supervisor/machine/dependency_graph.h"
#include "supervisor/machine/fleet_snapshot.h"
#include "supervisor/machine/service_rules.h"

namespace supervisor {

enum class CheckPurpose : std::uint8_t { kReady, kHealth };

class CheckPort {
 public:
  virtual ~CheckPort() = default;

  /// Answered by one on_checked() with the same number, unless abandon_check() came first.
  virtual void start_check(ServiceId service, CheckPurpose purpose, std::uint64_t number) = 0;
  /// KILL for the check under way; no answer any more.
  virtual void abandon_check(ServiceId service) = 0;
  /// One for each service, apart from its machine's; a new one replaces it.
  virtual void start_check_timer(ServiceId service, std::uint64_t delay_ns,
                                 std::uint64_t number) = 0;
  virtual void cancel_check_timer(ServiceId service) = 0;
};

enum class CheckVerdict : std::uint8_t { kNothing, kReady, kUnhealthy };

class CheckMachine {
 public:
  /// `port` is borrowed and must outlive the machine.
  CheckMachine(ServiceId id, const CheckRules& rules, CheckPort& port)
      : id_(id), rules_(rules), port_(port) {}

  /// Other rules from now on: what it is looked at for begins anew with the next pursue(). The same
  /// again change nothing.
  void set_rules(const CheckRules& rules);
  /// What it is to be looked at for, in which incarnation; the same again changes nothing.
  void pursue(std::optional<CheckPurpose> purpose, std::uint32_t incarnation, std::uint64_t now_ns);
  /// `failure`: why the check failed; empty: it passed.
  [[nodiscard]] CheckVerdict on_checked(std::uint64_t number, const std::string& failure,
                                        std::uint64_t now_ns);
  [[nodiscard]] CheckVerdict on_timer(std::uint64_t number, std::uint64_t now_ns);
  /// The service says that it lives.
  void on_watchdog(std::uint64_t now_ns);
  /// The longest time between two such messages, from the next one on.
  void set_watchdog_interval(std::uint64_t interval_ns) { rules_.health_interval_ns = interval_ns; }

  // For a live upgrade (fleet_snapshot.cpp). resume() starts the timer that was set; a check that
  // was under way is the port's to go on with, or its time-out comes.
  [[nodiscard]] CheckSnapshot snapshot() const;
  void restore(const CheckSnapshot& snapshot);
  void resume(std::uint64_t now_ns);

  [[nodiscard]] bool healthy() const { return healthy_; }
  [[nodiscard]] bool checking() const { return phase_ == Phase::kChecking; }
  /// Of the last failure for the present purpose; empty: none, or it was followed by a success.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] std::uint32_t failures() const { return failures_; }  // in a row, that count
  [[nodiscard]] std::optional<CheckPurpose> purpose() const { return purpose_; }
  [[nodiscard]] std::uint64_t due_ns() const { return due_ns_; }  // of the timer; 0: none

 private:
  enum class Phase : std::uint8_t { kIdle, kPausing, kChecking };

  void stop();
  void check(std::uint64_t now_ns);
  void pause(std::uint64_t now_ns);
  [[nodiscard]] CheckVerdict fail(std::string why, std::uint64_t now_ns);
  void start_timer(std::uint64_t delay_ns, std::uint64_t now_ns);
  [[nodiscard]] bool is_watched() const {
    return purpose_ == CheckPurpose::kHealth && rules_.health == HealthSource::kWatchdog;
  }

  ServiceId id_;
  CheckRules rules_;
  CheckPort& port_;
  Phase phase_ = Phase::kIdle;
  std::optional<CheckPurpose> purpose_;
  std::uint32_t incarnation_ = 0;
  std::uint64_t number_ = 0;  // of the newest check or timer
  std::uint64_t due_ns_ = 0;
  std::uint64_t counts_from_ns_ = 0;
  std::uint32_t failures_ = 0;
  bool healthy_ = true;
  std::string failure_;
};

}  // namespace supervisor
