#include <fmt/format.h>

#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/control/reply.h"

namespace supervisor {

int cmd_healthy(const CommandOptions& options) {
  std::vector<std::string> words{"healthy"};
  words.insert(words.end(), options.names.begin(), options.names.end());
  if (options.live) {
    words.emplace_back("--live");
  }
  const auto reply = find_instance(options).ask(words);
  if (!reply) {
    return report_error(reply.error());
  }
  const auto problems = parse_health(reply->text);
  if (!problems) {
    return report_error(problems.error());
  }
  std::string text = options.json ? reply->text : "";
  for (const HealthProblem& problem : *problems) {
    if (!options.json) {
      text += fmt::format("{}: {}\n", problem.service, problem.reason);
    }
  }
  if (const auto printed = print_out(text); !printed) {
    return report_error(printed.error());
  }
  return problems->empty() ? kExitDone : kExitFailed;
}

}  // namespace supervisor
