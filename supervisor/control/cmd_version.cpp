#include <fmt/format.h>

#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/control/version.h"

namespace supervisor {

int cmd_version(const CommandOptions& options) {
  const auto printed =
      print_out(options.json ? fmt::format("{{\"version\":\"{}\",\"build\":\"{}\"}}\n",
                                           BIRL_VERSION, kBuildKind)
                             : fmt::format("{}\n", kVersionLine));
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace supervisor
