#include "supervisor/control/commands.h"
#include "supervisor/programs.h"

namespace supervisor {

// The descriptors live in birl-router, which becomes this process.
int cmd_vendors(const CommandOptions& options) {
  const std::vector<std::string> words{options.json ? "--json" : "--table"};
  return become_role(kRouterName, "vendors", words);
}

}  // namespace supervisor
