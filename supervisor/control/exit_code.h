// What a command returns (the same for all verbs, for scripts), and how it tells an error.
#pragma once

#include "base/result.h"

namespace supervisor {

enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitNoInstance = 3,  // or no such service
  kExitTimedOut = 4,
};

[[nodiscard]] ExitCode exit_code_of(base::ErrorCode code);

/// "birl: cannot ..." on standard error; returns the exit code.
int report_error(const base::Error& error);

}  // namespace supervisor
