#include <unistd.h>

#include <ctime>

#include "base/clock.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/control/reply.h"
#include "supervisor/control/status_table.h"

namespace supervisor {

namespace {

constexpr timespec kWatchInterval{.tv_sec = 1, .tv_nsec = 0};
constexpr std::string_view kClearScreen = "\x1b[H\x1b[J";

base::Result<std::string> make_status_text(const CommandOptions& options, const Client& client) {
  std::vector<std::string> words{"status"};
  words.insert(words.end(), options.names.begin(), options.names.end());
  TRY_ASSIGN(const Reply reply, client.ask(words));
  if (options.json) {
    return reply.text;
  }
  TRY_ASSIGN(StatusReport report, parse_status(reply.text));
  if (!options.names.empty()) {
    report.sinks.clear();  // who asks for one service does not want to read about all sinks
  }
  return format_status_table(report, base::realtime_ns());
}

}  // namespace

int cmd_status(const CommandOptions& options) {
  const Client client = find_instance(options);
  for (;;) {
    const auto text = make_status_text(options, client);
    if (!text) {
      return report_error(text.error());
    }
    const bool clear = options.watch && !options.json && ::isatty(STDOUT_FILENO) == 1;
    const auto printed = print_out(clear ? std::string(kClearScreen) + *text : *text);
    if (!printed || !options.watch) {
      return printed ? kExitDone : report_error(printed.error());
    }
    ::nanosleep(&kWatchInterval, nullptr);
  }
}

}  // namespace supervisor
