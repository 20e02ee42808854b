#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

int cmd_rotate(const CommandOptions& options) {
  std::vector<std::string> words{"rotate"};
  words.insert(words.end(), options.names.begin(), options.names.end());
  const auto reply = find_instance(options).ask(words);
  return reply ? kExitDone : report_error(reply.error());
}

}  // namespace supervisor
