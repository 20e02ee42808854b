#include "supervisor/control/commands.h"

namespace supervisor {

// The reader of the configuration lives in birl-router, which becomes this process.
int cmd_check(std::span<const std::string> words) {
  return become_router_role("check", words);
}

}  // namespace supervisor
