// Faults that are committed inside PID 1's loop on request, to prove that it survives them
// (process/last_resort.h). Reached only when BIRL_DEBUG_FAULTS=1 was set at start.
// Threads: PID 1's.
#pragma once

#include "base/loop.h"
#include "supervisor/control/request.h"

namespace supervisor {

/// Does not return for abort and segv; bad_alloc throws; ebadf makes the loop abort in its next
/// turn.
void commit_debug_fault(base::Loop& loop, DebugFault fault);

}  // namespace supervisor
