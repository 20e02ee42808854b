#include "supervisor/control/commands.h"

namespace supervisor {

int cmd_restart(const CommandOptions& options) {
  return run_transition(options);
}

}  // namespace supervisor
