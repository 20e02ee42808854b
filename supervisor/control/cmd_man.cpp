#include "supervisor/control/commands.h"
#include "supervisor/control/completion.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

int cmd_man(const CommandOptions& options) {
  const bool is_configuration = options.names.front() == "birl.toml";
  const auto printed =
      print_out(is_configuration ? make_configuration_page() : make_command_page(list_verb_docs()));
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace supervisor
