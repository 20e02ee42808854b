// Whether a service has arrived where a client wants it: the pure part of a held answer.
//
// `starts_before` is ServiceProgress::starts from before the request, so that the old run of a
// restarted service, or the old crash of one in back-off, is not taken for the answer.
// Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "supervisor/control/control_port.h"

namespace supervisor {

/// kStarted, kRestarted, kStopped: after the request of that name. The others: for `wait`.
enum class Goal : std::uint8_t { kStarted, kRestarted, kStopped, kReady, kFailed };

struct Arrival {
  enum class State : std::uint8_t { kPending, kArrived, kFailed } state = State::kPending;
  std::string reason;  // of kFailed

  friend bool operator==(const Arrival&, const Arrival&) = default;
};

/// `progress` is nullopt when the service has been removed meanwhile.
[[nodiscard]] Arrival find_arrival(Goal goal, std::uint64_t starts_before,
                                   const std::optional<ServiceProgress>& progress);

}  // namespace supervisor
