// Where an instance keeps its control socket: chosen by PID 1, found again by the command line.
//
// The default /run/birl falls back to $XDG_RUNTIME_DIR/birl, then /tmp/birl-UID and
// /dev/shm/birl-UID (which container engines leave writable under a read-only root), so that an
// ordinary user and a read-only root work. Another configured directory is taken or is an error. In
// /tmp and /dev/shm, which everyone can write, the directory must be ours alone; elsewhere being
// able to write it is enough (an image may prepare it for any user id).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace supervisor {

struct RuntimeDirectoryRequest {
  std::string configured = "/run/birl";  // [birl] runtime_directory
  std::string xdg_runtime_directory;     // $XDG_RUNTIME_DIR; empty: unset
  uid_t uid = 0;                         // the effective user id
  std::string default_directory = "/run/birl";
  std::vector<std::string> temporary_directories = {"/tmp", "/dev/shm"};
};

/// In the order in which they are tried; never empty.
[[nodiscard]] std::vector<std::string> runtime_directory_candidates(
    const RuntimeDirectoryRequest& request);

/// PID 1: makes the first candidate that can be made and written, mode 0755 (0700 in a
/// temporary directory), and returns it. There a directory of another owner, a symbolic link, or
/// one that others can write is refused.
[[nodiscard]] base::Result<std::string> make_runtime_directory(
    const RuntimeDirectoryRequest& request);

/// PID 1: the lock that says that an instance lives there, held as long as the descriptor is open;
/// an error when another holds it. The kernel frees it with the process, so a leftover file
/// means nothing. A file system that knows no locks locks nobody out.
[[nodiscard]] base::Result<base::Fd> lock_runtime_directory(const std::string& directory);

/// Command line: the first candidate that holds a control.sock we may trust; where none does, the
/// first candidate (connecting to it then fails with a message).
[[nodiscard]] std::string find_runtime_directory(const RuntimeDirectoryRequest& request);

}  // namespace supervisor
