// Adds to the merged tables what a user need not write: [defaults] under every service, the sink
// `console`, the service `main` of a command on the command line.
//
// Done on the tree, so that the reader, the checks and `birl check --show` see one configuration.
// Pure.
#pragma once

#include "supervisor/config/load.h"
#include "supervisor/config/merge.h"

namespace supervisor {

void complete_tree(MergedTree& tree, const LoadRequest& request, Problems& problems);

}  // namespace supervisor
