// The exec of a live upgrade, and how what was exec'ed knows that it was.
//
// Pending signals, children, descriptors, the mask and the subreaper flag go through an exec; what
// does not (memory, timers of the loop, close-on-exec descriptors) is in the state or made anew.
// The next birl has the same arguments, for whoever looks at them with ps, and one variable more,
// BIRL_UPGRADE_STATE, which no service sees. Threads: PID 1's one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace supervisor {

/// Execs `binary` with `state`, `kept` and the standard descriptors left open. Returns only when
/// that has failed; then all is as before.
[[nodiscard]] base::Error exec_upgrade(const base::Fd& binary, const base::Fd& state,
                                       std::vector<int> kept,
                                       const std::vector<std::string>& environment);

/// The descriptor of the state, in a process that was exec'ed so.
[[nodiscard]] std::optional<int> find_upgrade_state();

/// The name in /proc/self/comm; an exec by descriptor makes it the descriptor's number.
[[nodiscard]] std::string read_process_name();
void set_process_name(const std::string& name);

/// Of the file that this process runs, also when another one has taken its place since. kNotFound:
/// /proc is not mounted.
[[nodiscard]] base::Result<std::string> find_own_path();

}  // namespace supervisor
