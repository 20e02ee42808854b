// The sinks' part of `birl status`: what each received, delivered, dropped and still has to write.
//
// Read from the header pages of all rings and from the router's state memory, without asking the
// router, so that it holds while there is none. Per ring and sink all four counts come from one
// snapshot; a sum of snapshots that each hold received = delivered + dropped + buffered holds it
// too. Threads: PID 1's only.
#pragma once

#include <string>
#include <vector>

#include "supervisor/config/config.h"
#include "supervisor/control/status_json.h"
#include "supervisor/router_link/router_link.h"

namespace supervisor {

[[nodiscard]] std::vector<SinkStatus> sink_statuses(const RouterLink& link, const Config& config,
                                                    const std::string& runtime_directory);

}  // namespace supervisor
