#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/event_stream.h"
#include "supervisor/control/event_text.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

namespace {

/// Lines of JSON, unless a person looks on.
base::Result<void> print_events(std::string_view lines, bool for_people) {
  if (!for_people) {
    return print_out(lines);
  }
  std::string text;
  for (const std::string_view line : base::split(lines, '\n')) {
    if (!line.empty()) {
      TRY_ASSIGN(const EventLine event, parse_event(line));
      text += format_event(event) + '\n';
    }
  }
  return print_out(text);
}

std::vector<std::string> make_words(const CommandOptions& options) {
  std::vector<std::string> words{"events"};
  if (options.follow) {
    words.emplace_back("--follow");
  }
  if (options.after) {
    words.insert(words.end(), {"--since", fmt::format("{}", *options.after)});
  }
  words.insert(words.end(), options.names.begin(), options.names.end());
  return words;
}

base::Result<void> print_all(const CommandOptions& options, bool for_people) {
  const std::vector<std::string> words = make_words(options);
  TRY_ASSIGN(EventStream stream, EventStream::open(find_instance(options), words));
  for (;;) {
    TRY_ASSIGN(const EventStream::Wait waited, stream.wait());
    TRY(print_events(stream.take_lines(), for_people));
    if (waited == EventStream::Wait::kEnded) {
      return {};
    }
  }
}

}  // namespace

int cmd_events(const CommandOptions& options) {
  const bool for_people = !options.json && ::isatty(STDOUT_FILENO) == 1;
  const auto printed = print_all(options, for_people);
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace supervisor
