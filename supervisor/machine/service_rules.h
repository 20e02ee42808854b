// What a service machine has to know of its configuration, with every default worked out.
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/config/config.h"
#include "supervisor/machine/dependency_graph.h"
#include "supervisor/machine/schedule_machine.h"

namespace supervisor {

struct ServiceLimits {
  std::uint64_t spawn_timeout_ns = 10 * base::kNsPerSecond;  // then a start counts as stuck
  std::uint64_t failed_start_ns = 10 * base::kNsPerMs;       // the shortest wait after one
  std::uint64_t linger_poll_ns = 50 * base::kNsPerMs;        // a fallback, see service_machine.h
  std::uint64_t exit_hook_least_ns = 500 * base::kNsPerMs;   // of on_exit at a shutdown's end
  std::uint64_t sweep_ns = 2 * base::kNsPerSecond;           // the longest sweep
};

/// As configured: by name.
struct DependencyRule {
  std::string on;
  DependencyKind kind = DependencyKind::kAfter;

  friend bool operator==(const DependencyRule&, const DependencyRule&) = default;
};

enum class ReadySource : std::uint8_t {
  kStart,   // ready once it runs
  kItself,  // it tells: a descriptor, sd_notify
  kChecks,  // it is looked at
};
enum class HealthSource : std::uint8_t { kNone, kChecks, kWatchdog };

struct CheckRules {
  ReadySource ready = ReadySource::kStart;
  std::uint64_t ready_interval_ns = 250 * base::kNsPerMs;
  std::uint64_t ready_check_timeout_ns = 3 * base::kNsPerSecond;  // of one check
  HealthSource health = HealthSource::kNone;
  std::uint64_t health_interval_ns = 10 * base::kNsPerSecond;
  std::uint64_t health_check_timeout_ns = 3 * base::kNsPerSecond;
  std::uint32_t health_failures = 3;
  std::uint64_t start_period_ns = 0;

  friend bool operator==(const CheckRules&, const CheckRules&) = default;
};

struct ServiceRules {
  std::string name;
  ServiceType type = ServiceType::kDaemon;
  StartMode start = StartMode::kBoot;
  std::vector<DependencyRule> dependencies;
  bool primary = false;
  CheckRules checks;
  std::optional<std::uint64_t> ready_timeout_ns;  // of the whole start
  std::optional<std::uint64_t> run_timeout_ns;    // of a oneshot's or scheduled one's run
  std::optional<ScheduleRules> schedule;          // of a scheduled one, always
  UnhealthyThen unhealthy_then = UnhealthyThen::kRestart;
  RestartPolicy restart = RestartPolicy::kAlways;
  std::vector<std::int32_t> success_exit_codes{0};
  BackoffConfig backoff;
  RestartLimitConfig restart_limit;
  int stop_signal = 15;
  StopTo stop_to = StopTo::kProcess;
  std::uint64_t stop_timeout_ns = 10 * base::kNsPerSecond;
  bool has_stop_command = false;
  bool has_exit_hook = false;
  std::uint64_t exit_hook_timeout_ns = 5 * base::kNsPerSecond;
  bool sweeps = false;  // what has left its group is looked for at the end of a stop
  ServiceLimits limits;

  /// Stays `starting` until kReady comes.
  [[nodiscard]] bool awaits_ready() const { return checks.ready != ReadySource::kStart; }
};

/// `stop_signal` is config.stop.signal as a number: names are the business of whoever loads.
[[nodiscard]] ServiceRules make_service_rules(const ServiceConfig& config, int stop_signal);

}  // namespace supervisor
