// Descriptors that came from somebody else's process: what may be done with them in PID 1.
//
// Nothing is safe that asks the file itself. close() of the last one waits as long as SO_LINGER
// says (for a TCP socket whose peer is silent, also one that is on its way in a unix socket's
// queue), poll() and fstat() of a file of a FUSE or network
// file system ask a server that may never answer. So a descriptor is closed by a child that shares
// PID 1's table of descriptors, but where the kernel's code for its kind does not wait.
// Threads: the loop's.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace supervisor {

enum class ForeignKind {
  kPipe,
  kSocket,
  kAnonymous,  // eventfd, pidfd, epoll, ...
  kOther,      // files, devices
};
[[nodiscard]] ForeignKind foreign_kind(int fd);

/// close() does not wait.
[[nodiscard]] constexpr bool closes_at_once(ForeignKind kind) {
  return kind == ForeignKind::kPipe || kind == ForeignKind::kAnonymous;
}
/// poll() asks nobody, and its end can be seen by that.
[[nodiscard]] constexpr bool can_hang_up(ForeignKind kind) {
  return kind == ForeignKind::kPipe || kind == ForeignKind::kSocket;
}

/// Both name one open file description. Without kcmp (a kernel or a filter that forbids it) sockets
/// are known by their inode; all else then counts as different.
[[nodiscard]] bool is_same_description(int one, int other);

/// Has a child, whose pid has to be reaped, close all of them here; `fds` is empty then. They are
/// closed when it has ended, each by then or never used again. Left alone when there is no process.
[[nodiscard]] base::Result<pid_t> close_in_child(std::vector<base::Fd>& fds);

}  // namespace supervisor
