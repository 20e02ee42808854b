// The directory $BIRL_ENVIRONMENT: how a script hands variables on, one file a variable.
//
// It lies in the runtime directory, which is PID 1's own, and only regular files in it are read: so
// PID 1 may read it itself. Threads: any; every call reads anew.
#pragma once

#include <string>

#include "base/result.h"
#include "supervisor/process/environment.h"

namespace supervisor {

/// Made for birl's user alone, or emptied: values of an earlier boot must not come back.
[[nodiscard]] base::Result<void> reset_environment_directory(const std::string& path);

/// Raw bytes. Names that begin with a dot are temporary files of scripts; links and other objects
/// are left out. An empty path or an absent directory: nothing.
[[nodiscard]] base::Result<Environment> read_environment_directory(const std::string& path);

}  // namespace supervisor
