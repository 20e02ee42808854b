#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/control/reply.h"

namespace supervisor {

int cmd_explain(const CommandOptions& options) {
  const std::vector<std::string> words{"explain", options.names.front()};
  const auto reply = find_instance(options).ask(words);
  if (!reply) {
    return report_error(reply.error());
  }
  const auto lines = parse_explanation(reply->text);
  if (!lines) {
    return report_error(lines.error());
  }
  std::string text = options.json ? reply->text : "";
  for (const std::string& line : *lines) {
    text += options.json ? "" : line + "\n";
  }
  const auto printed = print_out(text);
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace supervisor
