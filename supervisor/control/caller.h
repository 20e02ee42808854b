// Who is at the other end of a connection to the control socket, by what the kernel says of it.
// Threads: any.
#pragma once

#include "base/result.h"
#include "supervisor/control/control_server.h"
#include "supervisor/control/request_handler.h"

namespace supervisor {

/// Fails when the other end is gone.
[[nodiscard]] base::Result<Caller> find_caller(int socket, const ControlAccess& access);

}  // namespace supervisor
