// The time zones of scheduled services, read from the machine's files.
//
// `timezone` is a name below the zone directory (Europe/Berlin) or a POSIX text; without it $TZ
// counts (a `:` in front of it is left out, as libc does), without that UTC, which needs no file.
// Runs in the child that reads the configuration: PID 1 gets the zone's content.
#pragma once

#include "supervisor/config/load.h"
#include "supervisor/config/places.h"

namespace supervisor {

/// Fills `timezone` of each scheduled service.
void load_zones(Config& config, const LoadRequest& request, const Places& places,
                Problems& problems);

}  // namespace supervisor
