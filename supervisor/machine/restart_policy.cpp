#include "supervisor/machine/restart_policy.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace supervisor {
namespace {

constexpr std::uint64_t kWaitMaxNs = 365UL * 24 * 3600 * base::kNsPerSecond;

/// `random` as a fraction in [0, 1): its upper 53 bits, as many as a double holds.
double make_fraction(std::uint64_t random) {
  return static_cast<double>(random >> 11U) * 0x1p-53;
}

}  // namespace

AfterRun decide_after_run(ServiceType type, RestartPolicy policy, bool success) {
  const AfterRun for_good = success ? AfterRun::kDone : AfterRun::kFailed;
  if (type == ServiceType::kOneshot && success) {
    return AfterRun::kDone;
  }
  switch (policy) {
    case RestartPolicy::kAlways:
      return type == ServiceType::kScheduled ? for_good : AfterRun::kRestart;
    case RestartPolicy::kOnFailure:
      return success ? for_good : AfterRun::kRestart;
    case RestartPolicy::kNever:
      return for_good;
  }
  return for_good;
}

std::uint64_t Backoff::next_delay_ns(std::uint64_t random) {
  const auto max = static_cast<double>(std::min(config_.max.ns, kWaitMaxNs));
  // pow may give infinity; min makes it `max` again. A factor below 1 would hammer: taken as 1.
  const double grown = static_cast<double>(config_.initial.ns) *
                       std::pow(std::max(config_.factor, 1.0), static_cast<double>(row_));
  const double jitter = std::clamp(config_.jitter, 0.0, 1.0);
  const double wait = std::min(grown, max) * (1.0 - jitter * make_fraction(random));
  row_ = std::min(row_ + 1, std::numeric_limits<std::uint32_t>::max() - 1);
  return static_cast<std::uint64_t>(wait);
}

void Backoff::on_run_ended(std::uint64_t run_ns) {
  if (run_ns >= config_.reset_after.ns) {
    reset();
  }
}

bool RestartWindow::try_count(std::uint64_t now_ns) {
  if (config_.count == 0 || config_.count > kCountMax) {
    return true;
  }
  std::erase_if(restarts_ns_,
                [&](std::uint64_t at_ns) { return now_ns - at_ns >= config_.within.ns; });
  if (restarts_ns_.size() >= config_.count) {
    return false;
  }
  restarts_ns_.push_back(now_ns);
  return true;
}

}  // namespace supervisor
