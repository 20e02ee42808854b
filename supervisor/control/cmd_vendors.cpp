#include "supervisor/control/commands.h"

namespace supervisor {

// The descriptors live in birl-router, which becomes this process.
int cmd_vendors(const CommandOptions& options) {
  const std::vector<std::string> words{options.json ? "--json" : "--table"};
  return become_router_role("vendors", words);
}

}  // namespace supervisor
