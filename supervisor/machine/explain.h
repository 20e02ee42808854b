// Why a service is as it is and what comes next, in words: `birl explain`.
//
// Pure: everything is read off the machines. Threads: the loop's thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "supervisor/machine/fleet_machine.h"

namespace supervisor {

/// One fact a line, the most important one first.
[[nodiscard]] std::vector<std::string> explain(const FleetMachine& fleet, ServiceId service,
                                               std::uint64_t now_ns);

}  // namespace supervisor
