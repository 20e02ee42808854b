#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/event_stream.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/control/reply.h"
#include "supervisor/control/status_table.h"

namespace supervisor {

namespace {

constexpr int kRefreshMs = 2'000;  // ages, memory and CPU time move without an event
constexpr int kBurstMs = 50;
constexpr int kBurstPartsMax = 10;
constexpr std::string_view kClearScreen = "\x1b[H\x1b[J";

struct StatusText {
  std::string text;
  std::uint64_t sequence = 0;  // of the last event that it shows
};

base::Result<StatusText> ask_status(const CommandOptions& options, const Client& client) {
  std::vector<std::string> words{"status"};
  words.insert(words.end(), options.names.begin(), options.names.end());
  TRY_ASSIGN(const Reply reply, client.ask(words));
  TRY_ASSIGN(StatusReport report, parse_status(reply.text));
  const std::uint64_t sequence = report.sequence;
  if (options.json) {
    return StatusText{reply.text, sequence};
  }
  if (!options.names.empty()) {
    report.sinks.clear();  // who asks for one service does not want to read about all sinks
  }
  return StatusText{format_status_table(report, base::realtime_ns()), sequence};
}

base::Result<EventStream> follow_events(const CommandOptions& options, const Client& client,
                                        std::uint64_t since) {
  std::vector<std::string> words{"events", "--follow", "--since", fmt::format("{}", since)};
  words.insert(words.end(), options.names.begin(), options.names.end());
  return EventStream::open(client, words);
}

/// Events come in bursts: one table for each.
base::Result<EventStream::Wait> wait_for_burst(EventStream& events, int timeout_ms) {
  TRY_ASSIGN(EventStream::Wait waited, events.wait(timeout_ms));
  for (int i = 0; i < kBurstPartsMax && waited == EventStream::Wait::kLines; ++i) {
    static_cast<void>(events.take_lines());
    TRY_ASSIGN(waited, events.wait(kBurstMs));
  }
  return waited;
}

std::string draw(const std::string& table) {
  winsize size{};
  static_cast<void>(::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size));
  return std::string(kClearScreen) +
         fit_to_screen(table, {.rows = size.ws_row, .columns = size.ws_col});
}

/// On a terminal in place; elsewhere one table below the other, only when something has happened.
base::Result<void> watch(const CommandOptions& options, const Client& client) {
  const bool in_place = !options.json && ::isatty(STDOUT_FILENO) == 1;
  TRY_ASSIGN(StatusText status, ask_status(options, client));
  TRY_ASSIGN(EventStream events, follow_events(options, client, status.sequence));
  for (;;) {
    TRY(print_out(in_place ? draw(status.text) : status.text));
    TRY_ASSIGN(const EventStream::Wait waited,
               wait_for_burst(events, in_place ? kRefreshMs : EventStream::kForever));
    if (waited == EventStream::Wait::kEnded) {
      return {};
    }
    TRY_ASSIGN(status, ask_status(options, client));
  }
}

base::Result<void> print_status(const CommandOptions& options) {
  const Client client = find_instance(options);
  if (options.watch) {
    return watch(options, client);
  }
  TRY_ASSIGN(const StatusText status, ask_status(options, client));
  return print_out(status.text);
}

}  // namespace

int cmd_status(const CommandOptions& options) {
  const auto printed = print_status(options);
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace supervisor
