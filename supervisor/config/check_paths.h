// Tells what a configuration names and this file system does not have: programs and directories.
//
// For `birl check` alone: in a Dockerfile a mount may still be missing, so these are kMissing; at
// run time a service whose program is absent fails by itself.
#pragma once

#include "supervisor/config/config.h"
#include "supervisor/config/places.h"
#include "supervisor/config/problem.h"

namespace supervisor {

void check_paths(const Config& config, const Places& places, Problems& problems);

}  // namespace supervisor
