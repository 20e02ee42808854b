#include "supervisor/upgrade_main.h"

#include "supervisor/init.h"
#include "supervisor/upgrade/upgrade_check.h"
#include "supervisor/upgrade/upgrade_exec.h"

namespace supervisor {

std::optional<int> upgrade_main(std::span<const std::string> arguments) {
  if (const std::optional<int> answered = answer_upgrade_check(arguments)) {
    return answered;
  }
  if (const std::optional<int> state = find_upgrade_state()) {
    return resume_init(*state);
  }
  return std::nullopt;
}

}  // namespace supervisor
