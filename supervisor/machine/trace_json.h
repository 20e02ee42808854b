// A fleet's trace as one JSON object, which `birl trace --json` prints and a simulation can replay:
//
//     {"booted_ns":N, "complete":true,
//      "services":[{"name","state","restarts","rules":{...}}],
//      "inputs":[{"at_ns":N,"service":0,"input":"spawned","pid":7,"incarnation":1}, ...]}
//
// `service` counts `services`; times are monotonic. An input's members are those of ServiceEvent
// that are not at their defaults; `random` and `group_alive` carry an `answer`. `rules` are what
// the service's machine goes by; durations are in nanoseconds. Pure. Threads: any.
#pragma once

#include <string>

#include "supervisor/machine/fleet_machine.h"

namespace supervisor {

[[nodiscard]] std::string make_trace_json(const FleetMachine& fleet, std::uint64_t booted_ns);

}  // namespace supervisor
