#include "supervisor/cli.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "supervisor/control/command_line.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

namespace {

struct Command {
  std::string_view verb;
  int (*run)(const CommandOptions&);
};

// The explicit list of verbs; run, check and test, which read their own words, stand in dispatch().
constexpr auto kCommands = std::to_array<Command>(
    {{"new", cmd_new},           {"status", cmd_status},   {"explain", cmd_explain},
     {"events", cmd_events},     {"trace", cmd_trace},     {"completion", cmd_completion},
     {"man", cmd_man},           {"start", cmd_start},     {"stop", cmd_stop},
     {"restart", cmd_restart},   {"reload", cmd_reload},   {"wait", cmd_wait},
     {"scale", cmd_scale},       {"signal", cmd_signal},   {"rotate", cmd_rotate},
     {"tap", cmd_tap},           {"spool", cmd_spool},     {"logs", cmd_logs},
     {"shutdown", cmd_shutdown}, {"upgrade", cmd_upgrade}, {"healthy", cmd_healthy},
     {"probe", cmd_probe},       {"vendors", cmd_vendors}, {"version", cmd_version}});

bool is_verb(std::string_view word) {
  return word == "run" || word == "check" || word == "test" || word == "help" ||
         std::ranges::find(kCommands, word, &Command::verb) != kCommands.end();
}

std::string describe_unknown(const std::string& word) {
  std::vector<std::string> verbs{"run", "check", "test", "help"};
  for (const Command& command : kCommands) {
    verbs.emplace_back(command.verb);
  }
  const auto near = base::nearest(word, verbs);
  return near ? fmt::format("no verb {} (did you mean {}?)", word, *near)
              : fmt::format("no verb {}; `birl help` lists them", word);
}

std::vector<std::string> make_run_words(std::span<const std::string> command) {
  std::vector<std::string> words{"run", "--"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

/// The words behind a program called birl (or behind `/init birl`).
CliDecision decide_words(std::span<const std::string> words, ProcessRank rank) {
  if (words.empty()) {
    return {.words = {rank == ProcessRank::kFirst ? "run" : "help"}, .error = {}};
  }
  if (words.front() == "help" && words.size() > 1 && !is_verb(words[1])) {
    return {.words = {}, .error = describe_unknown(words[1])};
  }
  if (is_verb(words.front()) || words.front().starts_with('-')) {
    return {.words = {words.begin(), words.end()}, .error = {}};
  }
  if (rank == ProcessRank::kFirst) {
    return {.words = make_run_words(words), .error = {}};
  }
  return {.words = {}, .error = describe_unknown(words.front())};
}

int run_command(std::span<const std::string> words) {
  const ParsedCommand parsed = parse_command(words);
  fmt::print("{}", parsed.out);
  fmt::print(stderr, "{}", parsed.errors);
  if (!parsed.options) {
    return parsed.exit_code;
  }
  const auto command = std::ranges::find(kCommands, parsed.options->verb, &Command::verb);
  if (command == kCommands.end()) {  // `birl --socket X run`
    return report_error({.code = base::ErrorCode::kInvalid,
                         .sys_errno = 0,
                         .message = fmt::format("cannot use options before {}: put it first",
                                                parsed.options->verb)});
  }
  return command->run(*parsed.options);
}

int dispatch(std::span<const std::string> words) {
  const std::string& verb = words.front();
  if (verb == "run") {
    return cmd_run(words.subspan(1));
  }
  // A reader that goes away (`birl logs | head`) is an error of a write, not the end of us.
  ::signal(SIGPIPE, SIG_IGN);
  if (verb == "help") {
    const std::string topic = words.size() > 1 ? words[1] : "";
    return print_help(topic == "help" ? "" : topic);
  }
  if (verb == "check") {
    return cmd_check(words.subspan(1));
  }
  if (verb == "test") {
    return cmd_test(words.subspan(1));
  }
  return run_command(words);
}

}  // namespace

CliDecision decide_arguments(std::span<const std::string> arguments, ProcessRank rank) {
  const std::string_view name = arguments.empty() ? "birl" : std::string_view(arguments.front());
  const auto words = arguments.empty() ? arguments : arguments.subspan(1);
  if (name.substr(name.rfind('/') + 1) != "init") {
    return decide_words(words, rank);
  }
  if (!words.empty() && words.front() == "birl") {
    // `docker run IMAGE birl status`, by process 1 itself: never a reason to start services.
    return decide_words(words.subspan(1), ProcessRank::kOther);
  }
  return {.words = words.empty() ? std::vector<std::string>{"run"} : make_run_words(words),
          .error = {}};
}

int cli_main(std::span<const std::string> arguments) {
  const CliDecision decision =
      decide_arguments(arguments, ::getpid() == 1 ? ProcessRank::kFirst : ProcessRank::kOther);
  if (!decision.error.empty()) {
    fmt::print(stderr, "birl: {}\n", decision.error);
    return kExitUsage;
  }
  return dispatch(decision.words);
}

}  // namespace supervisor
