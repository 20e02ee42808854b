#include <fmt/format.h>

#include "base/clock.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/control/reply.h"
#include "supervisor/control/status_table.h"

namespace supervisor {

namespace {

base::Result<std::string> make_trace_text(const CommandOptions& options) {
  const std::vector<std::string> words{"trace"};
  TRY_ASSIGN(const Reply reply, find_instance(options).ask(words));
  if (options.json) {
    return reply.text;
  }
  TRY_ASSIGN(const auto lines, parse_trace(reply.text));
  std::vector<std::vector<std::string>> rows{{"SINCE BOOT", "SERVICE", "INPUT", "DETAILS"}};
  for (const TraceLine& line : lines) {
    const double seconds = static_cast<double>(line.since_boot_ns) / double{base::kNsPerSecond};
    rows.push_back({fmt::format("{:.6f}", seconds), line.service, line.input, line.details});
  }
  return format_columns(rows);
}

}  // namespace

int cmd_trace(const CommandOptions& options) {
  const auto text = make_trace_text(options);
  if (!text) {
    return report_error(text.error());
  }
  const auto printed = print_out(*text);
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace supervisor
