#include "supervisor/control/commands.h"

namespace supervisor {

int cmd_scale(const CommandOptions& options) {
  return run_transition(options);
}

}  // namespace supervisor
