#include "supervisor/control/commands.h"
#include "supervisor/programs.h"

namespace supervisor {

// The reader of the configuration lives in birl-config, which becomes this process.
int cmd_check(std::span<const std::string> words) {
  return become_role(kConfigReaderName, "check", words);
}

}  // namespace supervisor
