#include "supervisor/control/commands.h"

namespace supervisor {

int cmd_reload(const CommandOptions& options) {
  return run_transition(options);
}

}  // namespace supervisor
