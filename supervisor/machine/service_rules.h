// What a service machine has to know of its configuration, with every default worked out.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "supervisor/config/config.h"

namespace supervisor {

struct ServiceLimits {
  std::uint64_t spawn_timeout_ns = 10 * base::kNsPerSecond;  // then a start counts as stuck
  std::uint64_t failed_start_ns = 10 * base::kNsPerMs;       // the shortest wait after one
  std::uint64_t linger_poll_ns = 50 * base::kNsPerMs;        // a fallback, see service_machine.h
  std::uint64_t exit_hook_least_ns = 500 * base::kNsPerMs;   // of on_exit at a shutdown's end
};

struct ServiceRules {
  std::string name;
  ServiceType type = ServiceType::kDaemon;
  StartMode start = StartMode::kBoot;
  bool primary = false;
  bool awaits_ready = false;  // stays `starting` until kReady comes
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
  ServiceLimits limits;
};

/// `stop_signal` is config.stop.signal as a number: names are the business of whoever loads.
[[nodiscard]] ServiceRules make_service_rules(const ServiceConfig& config, int stop_signal);

}  // namespace supervisor
