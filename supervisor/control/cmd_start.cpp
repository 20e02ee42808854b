#include "supervisor/control/commands.h"

namespace supervisor {

int cmd_start(const CommandOptions& options) {
  return run_transition(options);
}

}  // namespace supervisor
