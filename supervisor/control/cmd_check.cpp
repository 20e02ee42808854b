#include "supervisor/control/command_line.h"
#include "supervisor/control/commands.h"

namespace supervisor {

// The reader of the configuration lives in birl-router, which becomes this process.
int cmd_check(std::span<const std::string> words) {
  if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) {
    return print_help("check");
  }
  return run_router_role("check", words);
}

}  // namespace supervisor
