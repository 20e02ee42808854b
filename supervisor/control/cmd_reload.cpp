#include <fmt/format.h>

#include <cstdio>

#include "supervisor/control/commands.h"
#include "supervisor/control/config_reload_json.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/control/reply.h"

namespace supervisor {

namespace {

int reload_config(const CommandOptions& options) {
  const auto reply = ask_transition(options);
  if (!reply) {
    return report_error(reply.error());
  }
  if (options.no_wait) {
    return kExitDone;
  }
  const auto progress = parse_config_reload(reply->text);
  if (!progress) {
    return report_error(progress.error());
  }
  for (const std::string& message : progress->messages) {
    fmt::print(stderr, "{}\n", message);
  }
  const auto printed = print_out(options.json ? reply->text : describe_config_reload(*progress));
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace

int cmd_reload(const CommandOptions& options) {
  return options.names.empty() ? reload_config(options) : run_transition(options);
}

}  // namespace supervisor
