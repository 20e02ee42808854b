#include <fmt/format.h>

#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

int cmd_version(const CommandOptions& options) {
  const auto printed =
      print_out(options.json ? "{\"version\":\"" BIRL_VERSION "\"}\n" : "birl " BIRL_VERSION "\n");
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace supervisor
