#include "supervisor/control/commands.h"
#include "supervisor/control/completion.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

int cmd_completion(const CommandOptions& options) {
  const auto text = make_completion(options.names.front(), list_verb_docs());
  const auto printed = text ? print_out(*text) : tl::unexpected(text.error());
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace supervisor
