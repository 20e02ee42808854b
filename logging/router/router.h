// The router process: takes the handoff from PID 1, recovers, and runs until it is told to stop.
//
//     main thread     handoff messages, hang watch, drain          (this file)
//     intake thread   service pipes -> rings                       (inputs/intake.h)
//     writer threads  rings -> one sink each                       (router/writer_thread.h)
//
// It may die at any instant and loses nothing by it: what it was doing is in the rings, the staging
// pipe and the router state, all held by PID 1, and the next router goes on from there. A thread
// that hangs makes the whole process abort, for the same reason.
#pragma once

#include <functional>

#include "base/diag.h"
#include "logging/sink.h"

namespace logging {

/// Serves the handoff protocol (handoff_messages.h) on `handoff_fd`, a SEQPACKET socket that it
/// makes non-blocking. Returns the process's exit code: 0 after PID 1 closed the socket and
/// everything was drained, 1 when the handoff cannot be understood. `diag` says why; Hello
/// redirects it to birl's own message pipe.
/// `on_config` is called once, with the configuration that PID 1 hands over.
using ConfigHook = std::function<void(const RouterConfig& config)>;
[[nodiscard]] int run_router(int handoff_fd, const SinkFactory& factory, base::Diag& diag,
                             const ConfigHook& on_config = {});

}  // namespace logging
