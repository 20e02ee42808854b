// Fills a Config from the completed tree: the three top tables, each service and each sink.
//
// Pure but for ${file:}. Expands the values of `root` in place, so that `birl check --show` prints
// what was read.
#pragma once

#include "supervisor/config/config.h"
#include "supervisor/config/environment.h"
#include "supervisor/config/node.h"
#include "supervisor/config/places.h"

namespace supervisor {

[[nodiscard]] Config read_config_tree(Node& root, const Environment& environment, Places& places,
                                      Problems& problems);

}  // namespace supervisor
