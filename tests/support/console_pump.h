// Reads a program's stdout and stderr pipes in a process of its own and keeps what came in files.
//
// A process and not a thread, since the test program forks. It ends at the end of both pipes.
// Owner: the caller reaps it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"

namespace support {

struct PumpedPipe {
  int read_fd = -1;  // borrowed; the child has its own copy
  std::string path;  // the file that gets the bytes
};

[[nodiscard]] pid_t start_console_pump(const std::vector<PumpedPipe>& pipes);

}  // namespace support
