// Whether a service has arrived where a client wants it: the pure part of a held answer.
//
// `before` counts what was there before the request (ServiceProgress::starts, for a reload
// ::reloads), so that the old run of a restarted service, or the old crash of one in back-off, is
// not taken for the answer.
// Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "supervisor/control/control_port.h"

namespace supervisor {

/// kStarted, kRestarted, kStopped, kReloaded: after the request of that name. The others: for
/// `wait`.
enum class Goal : std::uint8_t { kStarted, kRestarted, kStopped, kReloaded, kReady, kFailed };

struct Arrival {
  enum class State : std::uint8_t { kPending, kArrived, kFailed } state = State::kPending;
  std::string reason;  // of kFailed

  friend bool operator==(const Arrival&, const Arrival&) = default;
};

/// `progress` is nullopt when the service has been removed meanwhile.
[[nodiscard]] Arrival find_arrival(Goal goal, std::uint64_t before,
                                   const std::optional<ServiceProgress>& progress);

}  // namespace supervisor
