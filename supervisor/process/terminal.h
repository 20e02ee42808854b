// The terminal that birl was started on, and how its one user gets it.
//
// A shell needs a controlling terminal for job control and Ctrl-C. A container's init is mostly the
// leader of the session that has it (runc makes it so): it gives the terminal up, and the service
// takes it for a session of its own. Started from somebody's shell, the terminal is that shell's
// session's: the service becomes the foreground group in it, as a job would, and birl takes the
// foreground back at the end. The kernel sends WINCH, INT, QUIT and TSTP to the foreground group by
// itself. Threads: the loop's thread only; process-wide by nature.
#pragma once

#include "supervisor/process/spawn.h"

namespace supervisor {

/// Whether standard input and output are a terminal.
[[nodiscard]] bool is_on_terminal();

/// Prepares descriptor 0 for a child; kNone when it is no terminal. Call it once, before the first
/// start: a session leader loses its controlling terminal here.
[[nodiscard]] TerminalMode offer_terminal();

/// birl's own group is in the foreground again; for kForegroundGroup, when its service has ended.
void take_terminal_back();

}  // namespace supervisor
