#include "supervisor/control/commands.h"
#include "supervisor/programs.h"

namespace supervisor {

// Pipelines live in birl-config, which becomes this process.
int cmd_test(std::span<const std::string> words) {
  return become_role(kConfigReaderName, "test", words);
}

}  // namespace supervisor
