#include "supervisor/control/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/clock.h"
#include "base/text.h"
#include "supervisor/config/instances.h"

namespace supervisor {

namespace {

enum Options : unsigned {
  kNone = 0,
  kNoWaitOption = 1,
  kTimeoutOption = 2,
  kForOption = 4,
  kGroupOption = 8,
  kExitCodeOption = 16,
  kLiveOption = 32,
  kFollowOption = 64,
  kSinceOption = 128,
};

struct VerbRule {
  std::string_view name;
  Verb verb;
  std::size_t words_min;  // behind the verb, options apart
  std::size_t words_max;
  unsigned options;
  std::string_view usage;
};

constexpr std::size_t kMany = 512;
constexpr unsigned kTransition = kNoWaitOption | kTimeoutOption;
constexpr auto kVerbs = std::to_array<VerbRule>({
    {"status", Verb::kStatus, 0, 1, kNone, "status [NAME]"},
    {"explain", Verb::kExplain, 1, 1, kNone, "explain NAME"},
    {"events", Verb::kEvents, 0, kMany, kFollowOption | kSinceOption,
     "events [NAME...] [--follow] [--since SEQUENCE]"},
    {"trace", Verb::kTrace, 0, 0, kNone, "trace"},
    {"start", Verb::kStart, 1, kMany, kTransition, "start NAME..."},
    {"stop", Verb::kStop, 1, kMany, kTransition, "stop NAME..."},
    {"restart", Verb::kRestart, 1, kMany, kTransition, "restart NAME..."},
    {"reload", Verb::kReload, 0, kMany, kTransition, "reload [NAME...]"},
    {"scale", Verb::kScale, 2, 2, kTransition, "scale NAME N"},
    {"wait", Verb::kWait, 1, kMany, kTimeoutOption | kForOption, "wait NAME... [--for STATE]"},
    {"signal", Verb::kSignal, 2, 2, kGroupOption, "signal SIGNAL NAME [--group]"},
    {"rotate", Verb::kRotate, 0, 1, kNone, "rotate [SINK]"},
    {"tap", Verb::kTap, 1, 1, kNone, "tap SINK"},
    {"spool", Verb::kSpool, 2, 2, kNone, "spool replay|drop|drop-dead SINK"},
    {"logs", Verb::kLogs, 0, kMany, kNone, "logs [NAME...]"},
    {"shutdown", Verb::kShutdown, 0, 0, kExitCodeOption, "shutdown [--exit-code N]"},
    {"upgrade", Verb::kUpgrade, 0, 1, kNone, "upgrade [BINARY]"},
    {"healthy", Verb::kHealthy, 0, kMany, kLiveOption, "healthy [NAME...] [--live]"},
    {"version", Verb::kVersion, 0, 0, kNone, "version"},
    {"debug-fault", Verb::kDebugFault, 1, 1, kNone, "debug-fault KIND"},
});

base::Unexpected invalid(std::string message) {
  return base::fail(base::ErrorCode::kInvalid, std::move(message));
}

base::Result<const VerbRule*> find_rule(const std::string& word) {
  const auto found = std::ranges::find(kVerbs, word, &VerbRule::name);
  if (found != kVerbs.end()) {
    return &*found;
  }
  std::vector<std::string> names;
  for (const VerbRule& rule : kVerbs) {
    names.emplace_back(rule.name);
  }
  const auto near = base::nearest(word, names);
  return invalid(near ? fmt::format("no request \"{}\" (did you mean {}?)", word, *near)
                      : fmt::format("no request \"{}\"", word));
}

template <typename T>
struct Choice {
  std::string_view name;
  T value;
};

template <typename T, std::size_t N>
base::Result<T> choose(std::string_view what, const std::string& word,
                       const std::array<Choice<T>, N>& choices) {
  std::string known;
  for (const auto& choice : choices) {
    if (choice.name == word) {
      return choice.value;
    }
    known += fmt::format("{}{}", known.empty() ? "" : ", ", choice.name);
  }
  return invalid(fmt::format("cannot use {} \"{}\": it is one of {}", what, word, known));
}

constexpr std::array<Choice<WaitFor>, 3> kWaitFors{
    {{"ready", WaitFor::kReady}, {"stopped", WaitFor::kStopped}, {"failed", WaitFor::kFailed}}};
constexpr std::array<Choice<DebugFault>, 4> kFaults{{{"abort", DebugFault::kAbort},
                                                     {"segv", DebugFault::kSegv},
                                                     {"bad_alloc", DebugFault::kBadAlloc},
                                                     {"ebadf", DebugFault::kEbadf}}};

constexpr std::array<Choice<logging::SpoolAction>, 3> kSpoolActions{
    {{"replay", logging::SpoolAction::kReplay},
     {"drop", logging::SpoolAction::kDrop},
     {"drop-dead", logging::SpoolAction::kDropDead}}};

base::Result<std::int32_t> parse_exit_code(const std::string& word) {
  const auto code = base::parse_decimal(word);
  if (!code || *code > 255) {
    return invalid(fmt::format("cannot use exit code \"{}\": it is a number from 0 to 255", word));
  }
  return static_cast<std::int32_t>(*code);
}

base::Result<std::uint32_t> parse_count(const std::string& word) {
  const auto count = base::parse_decimal(word);
  if (!count || *count < 1 || *count > InstanceLimits::kInstancesMax) {
    return invalid(fmt::format("cannot have \"{}\" instances: it is a number from 1 to {}", word,
                               InstanceLimits::kInstancesMax));
  }
  return static_cast<std::uint32_t>(*count);
}

base::Result<std::uint64_t> parse_sequence(const std::string& word) {
  const auto sequence = base::parse_decimal(word);
  if (!sequence || *sequence == UINT64_MAX) {
    return invalid(fmt::format("cannot use sequence \"{}\": it is the number of an event", word));
  }
  return *sequence;
}

base::Result<void> set_value(Request& request, unsigned option, const std::string& value) {
  if (option == kTimeoutOption) {
    TRY_ASSIGN(const std::uint64_t ns, base::parse_duration_ns(value));
    request.timeout_ms = ns / base::kNsPerMs;
  } else if (option == kSinceOption) {
    TRY_ASSIGN(request.since, parse_sequence(value));
  } else if (option == kForOption) {
    TRY_ASSIGN(request.wait_for, choose("state", value, kWaitFors));
  } else {
    TRY_ASSIGN(request.exit_code, parse_exit_code(value));
  }
  return {};
}

void set_flag(Request& request, unsigned option) {
  if (option == kNoWaitOption) {
    request.wait_mode = WaitMode::kNoWait;
  } else if (option == kGroupOption) {
    request.target = SignalTarget::kGroup;
  } else if (option == kFollowOption) {
    request.follow = FollowMode::kFollow;
  } else {
    request.scope = HealthScope::kLive;
  }
}

struct OptionRule {
  unsigned bit;
  bool has_value;
};

OptionRule find_option(std::string_view word) {
  constexpr std::array<Choice<OptionRule>, 8> kOptions{{{"--no-wait", {kNoWaitOption, false}},
                                                        {"--timeout", {kTimeoutOption, true}},
                                                        {"--for", {kForOption, true}},
                                                        {"--group", {kGroupOption, false}},
                                                        {"--exit-code", {kExitCodeOption, true}},
                                                        {"--live", {kLiveOption, false}},
                                                        {"--follow", {kFollowOption, false}},
                                                        {"--since", {kSinceOption, true}}}};
  const auto found = std::ranges::find(kOptions, word, &Choice<OptionRule>::name);
  return found == kOptions.end() ? OptionRule{kNone, false} : found->value;
}

/// Takes the options out of `words` (behind the verb); what is left are names.
base::Result<void> take_options(const VerbRule& rule, std::span<const std::string> words,
                                Request& request) {
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::string& word = words[index];
    if (!word.starts_with('-')) {
      request.names.push_back(word);
      continue;
    }
    const OptionRule option = find_option(word);
    if ((option.bit & rule.options) == 0) {
      return invalid(fmt::format("no option \"{}\" in: {}", word, rule.usage));
    }
    if (!option.has_value) {
      set_flag(request, option.bit);
    } else if (++index < words.size()) {
      TRY(set_value(request, option.bit, words[index]));
    } else {
      return invalid(fmt::format("cannot use {}: its value is missing", word));
    }
  }
  return {};
}

}  // namespace

base::Result<Request> parse_request(std::span<const std::string> words) {
  if (words.empty()) {
    return invalid("cannot read the request: it is empty; try \"status\"");
  }
  TRY_ASSIGN(const VerbRule* rule, find_rule(words.front()));
  Request request;
  request.verb = rule->verb;
  TRY(take_options(*rule, words.subspan(1), request));
  if (request.names.size() < rule->words_min || request.names.size() > rule->words_max) {
    return invalid(fmt::format("cannot read the request: it reads {}", rule->usage));
  }
  if (request.verb == Verb::kScale) {
    TRY_ASSIGN(request.count, parse_count(request.names.back()));
    request.names.pop_back();
  } else if (request.verb == Verb::kSignal) {
    request.signal = request.names.front();
    request.names.erase(request.names.begin());
  } else if (request.verb == Verb::kSpool) {
    TRY_ASSIGN(request.spool_action, choose("action", request.names.front(), kSpoolActions));
    request.names.erase(request.names.begin());
  } else if (request.verb == Verb::kDebugFault) {
    TRY_ASSIGN(request.fault, choose("fault", request.names.front(), kFaults));
  }
  return request;
}

}  // namespace supervisor
