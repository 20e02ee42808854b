// Who gets into a queue that fills up, for when_full = "drop-newest" and "drop-by-level".
//
// A line is let in while the queue is filled less than its level allows; nothing that is in goes
// out again, so order is kept and what was promised stays promised:
//
//     drop-newest      every line while there is room
//     drop-by-level    trace, debug    up to 1/2
//                      info, notice    up to 3/4
//                      warn            up to 7/8
//                      error and up    while there is room
//
// So debug lines go first and errors have the last eighth for themselves. The level is what the
// line says of itself (severity.h); else info, on stderr the service's stderr_level. Pure.
#pragma once

#include <cstdint>

#include "logging/severity.h"
#include "logging/sink_config.h"

namespace logging {

/// How many of `capacity` bytes may be in use with such a line.
[[nodiscard]] constexpr std::uint64_t admitted_bytes(WhenFull policy, Severity severity,
                                                     std::uint64_t capacity) {
  if (policy != WhenFull::kDropByLevel || severity >= Severity::kError) {
    return capacity;
  }
  if (severity == Severity::kWarn) {
    return capacity - capacity / 8;
  }
  return severity >= Severity::kInfo ? capacity - capacity / 4 : capacity / 2;
}

/// Up to here every line is let in, so nobody need look at it.
[[nodiscard]] constexpr std::uint64_t free_for_all_bytes(WhenFull policy, std::uint64_t capacity) {
  return admitted_bytes(policy, Severity::kTrace, capacity);
}

}  // namespace logging
