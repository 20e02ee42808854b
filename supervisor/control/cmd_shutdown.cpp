#include <fmt/format.h>

#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

int cmd_shutdown(const CommandOptions& options) {
  std::vector<std::string> words{"shutdown"};
  if (options.exit_code) {
    words.insert(words.end(), {"--exit-code", fmt::format("{}", *options.exit_code)});
  }
  const auto reply = find_instance(options).ask(words);
  return reply ? kExitDone : report_error(reply.error());
}

}  // namespace supervisor
