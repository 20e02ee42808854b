#include "supervisor/control/exit_code.h"

#include <fmt/format.h>

#include <cstdio>

namespace supervisor {

ExitCode exit_code_of(base::ErrorCode code) {
  switch (code) {
    case base::ErrorCode::kInvalid:
      return kExitUsage;
    case base::ErrorCode::kNotFound:
      return kExitNoInstance;
    case base::ErrorCode::kTimeout:
      return kExitTimedOut;
    case base::ErrorCode::kPermission:
    case base::ErrorCode::kExists:
    case base::ErrorCode::kLimit:
    case base::ErrorCode::kSystem:
    case base::ErrorCode::kDamaged:
    case base::ErrorCode::kUnavailable:
      return kExitFailed;
  }
  return kExitFailed;
}

int report_error(const base::Error& error) {
  fmt::print(stderr, "birl: {}\n", error.message);
  return exit_code_of(error.code);
}

}  // namespace supervisor
