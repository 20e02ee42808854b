#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

int cmd_signal(const CommandOptions& options) {
  std::vector<std::string> words{"signal", options.signal};
  words.insert(words.end(), options.names.begin(), options.names.end());
  if (options.group) {
    words.emplace_back("--group");
  }
  const auto reply = find_instance(options).ask(words);
  return reply ? kExitDone : report_error(reply.error());
}

}  // namespace supervisor
