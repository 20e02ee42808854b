#include "supervisor/control/arrival.h"

#include <fmt/format.h>

namespace supervisor {

namespace {

constexpr Arrival pending() {
  return {};
}

Arrival arrived() {
  return {.state = Arrival::State::kArrived, .reason = {}};
}

Arrival failed(std::string reason) {
  return {.state = Arrival::State::kFailed, .reason = std::move(reason)};
}

std::string reason_of(const ServiceProgress& progress) {
  return progress.reason.empty() ? fmt::format("it is {}", progress.state) : progress.reason;
}

bool is_down(const ServiceProgress& progress) {
  return progress.state == "stopped" || progress.state == "failed" || progress.state == "done";
}

/// Its run is over when it waits for the next one.
Arrival find_run(std::uint64_t starts_before, const ServiceProgress& progress) {
  if (progress.state == "failed" || progress.state == "stopped") {
    return failed(reason_of(progress));
  }
  if (progress.starts > starts_before && progress.state == "backoff") {
    return failed(reason_of(progress));
  }
  if (progress.starts > starts_before && progress.state == "waiting") {
    return progress.reason.empty() ? arrived() : failed(progress.reason);
  }
  return pending();
}

Arrival find_started(std::uint64_t starts_before, const ServiceProgress& progress) {
  if (progress.scheduled) {
    return find_run(starts_before, progress);
  }
  if (progress.state == "done" || (progress.state == "running" && progress.ready)) {
    return arrived();
  }
  if (progress.state == "failed" || progress.state == "stopped") {
    return failed(reason_of(progress));
  }
  if (progress.state == "backoff" && progress.starts > starts_before) {
    return failed(reason_of(progress));
  }
  return pending();
}

Arrival find_ready(const ServiceProgress& progress) {
  if (progress.ready || progress.state == "done") {
    return arrived();
  }
  return progress.state == "failed" ? failed(reason_of(progress)) : pending();
}

Arrival find_reloaded(std::uint64_t reloads_before, const ServiceProgress& progress) {
  if (progress.reloads <= reloads_before) {
    return pending();
  }
  return progress.reload_error.empty() ? arrived() : failed(progress.reload_error);
}

}  // namespace

Arrival find_arrival(Goal goal, std::uint64_t before,
                     const std::optional<ServiceProgress>& progress) {
  if (!progress) {
    return goal == Goal::kStopped ? arrived() : failed("it was removed");
  }
  switch (goal) {
    case Goal::kStarted:
      return find_started(before, *progress);
    case Goal::kRestarted:
      return progress->starts > before ? find_started(before, *progress) : pending();
    case Goal::kStopped:
      return is_down(*progress) ? arrived() : pending();
    case Goal::kReloaded:
      return find_reloaded(before, *progress);
    case Goal::kReady:
      return find_ready(*progress);
    case Goal::kFailed:
      return progress->state == "failed" ? arrived() : pending();
  }
  return pending();
}

}  // namespace supervisor
