#include "supervisor/machine/exit_status.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>

namespace supervisor {

ExitStatus ExitStatus::from_wait_status(int wait_status) {
  return WIFSIGNALED(wait_status) ? signaled(WTERMSIG(wait_status))
                                  : exited(WEXITSTATUS(wait_status));
}

int ExitStatus::container_code() const {
  return kind == ExitKind::kSignaled ? kCodeSignalBase + signal : code;
}

bool ExitStatus::is_success(std::span<const std::int32_t> success_exit_codes) const {
  return kind == ExitKind::kExited &&
         std::ranges::find(success_exit_codes, code) != success_exit_codes.end();
}

std::string ExitStatus::describe() const {
  switch (kind) {
    case ExitKind::kExited:
      return fmt::format("exited with code {}", code);
    case ExitKind::kSignaled:
      return fmt::format("killed by signal {}", signal);
    case ExitKind::kNotStarted:
      return "could not be started";
  }
  return {};
}

}  // namespace supervisor
