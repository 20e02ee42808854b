#include "supervisor/control/commands.h"

namespace supervisor {

int cmd_stop(const CommandOptions& options) {
  return run_transition(options);
}

}  // namespace supervisor
