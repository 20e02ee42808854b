// What birl got from whoever started it and must not leak into, or take from, its services.
//
// PID 1 needs many descriptors (pipes, rings) and so raises its own RLIMIT_NOFILE; services get the
// original back, since programs that close "all" descriptors or size tables by the limit become
// slow or big with a large one. Descriptors that came in unasked become close-on-exec. Threads:
// call before any other thread exists.
#pragma once

#include <sys/resource.h>

#include "base/result.h"

namespace supervisor {

inline constexpr rlim_t kOpenFilesWanted = 65'536;

/// Raises the soft limit towards `wanted`, as far as the hard one allows. Returns what it was.
[[nodiscard]] base::Result<rlimit> raise_open_files(rlim_t wanted = kOpenFilesWanted);

/// Every descriptor from 3 up is close-on-exec from here on.
[[nodiscard]] base::Result<void> close_on_exec_from_3();

}  // namespace supervisor
