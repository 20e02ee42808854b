// `birl events` for people: a line an event. Pure. Threads: any.
#pragma once

#include <string>

#include "supervisor/control/reply.h"

namespace supervisor {

/// "2024-01-02T03:04:05.678Z web: backoff, exited with code 1 (exit code 1, again in 100 ms)".
[[nodiscard]] std::string format_event(const EventLine& event);

}  // namespace supervisor
