#include "supervisor/control/commands.h"

namespace supervisor {

// Pipelines live in birl-router, which becomes this process.
int cmd_test(std::span<const std::string> words) {
  return become_router_role("test", words);
}

}  // namespace supervisor
