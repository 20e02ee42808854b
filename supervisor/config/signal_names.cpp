#include "supervisor/config/signal_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>

#include "base/text.h"

namespace supervisor {

namespace {

struct NamedSignal {
  std::string_view name;
  int signal;
};

// The first name of a number is the one that is shown.
constexpr std::array<NamedSignal, 34> kNames{
    {{"HUP", SIGHUP},   {"INT", SIGINT},       {"QUIT", SIGQUIT}, {"ILL", SIGILL},
     {"TRAP", SIGTRAP}, {"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},
     {"KILL", SIGKILL}, {"USR1", SIGUSR1},     {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},
     {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},     {"TERM", SIGTERM}, {"STKFLT", SIGSTKFLT},
     {"CHLD", SIGCHLD}, {"CONT", SIGCONT},     {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
     {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},     {"URG", SIGURG},   {"XCPU", SIGXCPU},
     {"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH},
     {"IO", SIGIO},     {"PWR", SIGPWR},       {"SYS", SIGSYS},   {"POLL", SIGIO},
     {"IOT", SIGABRT},  {"CLD", SIGCHLD}}};

std::optional<int> in_range(std::optional<std::uint64_t> number) {
  if (!number || *number < 1 || *number > kSignalMax) {
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

/// "RTMIN", "RTMIN+3", "RTMAX-1".
std::optional<int> parse_realtime(std::string_view name) {
  const bool from_max = name.starts_with("RTMAX");
  if (!from_max && !name.starts_with("RTMIN")) {
    return std::nullopt;
  }
  const std::string_view rest = name.substr(5);
  if (rest.empty()) {
    return from_max ? kSignalMax : kSignalRtMin;
  }
  const std::optional<std::uint64_t> offset = base::parse_decimal(rest.substr(1));
  if (rest[0] != (from_max ? '-' : '+') || !offset || *offset > kSignalMax - kSignalRtMin) {
    return std::nullopt;
  }
  return from_max ? kSignalMax - static_cast<int>(*offset)
                  : kSignalRtMin + static_cast<int>(*offset);
}

}  // namespace

std::optional<int> parse_signal(std::string_view text) {
  std::string name(text);
  std::ranges::transform(name, name.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  if (name.starts_with("SIG")) {
    name.erase(0, 3);
  }
  if (const auto found = std::ranges::find(kNames, name, &NamedSignal::name);
      found != kNames.end()) {
    return found->signal;
  }
  const std::optional<int> realtime = parse_realtime(name);
  return realtime ? realtime : in_range(base::parse_decimal(text));
}

std::string format_signal(int signal) {
  if (const auto found = std::ranges::find(kNames, signal, &NamedSignal::signal);
      found != kNames.end()) {
    return std::string(found->name);
  }
  if (signal < kSignalRtMin || signal > kSignalMax) {
    return fmt::format("{}", signal);
  }
  return signal == kSignalRtMin ? "RTMIN" : fmt::format("RTMIN+{}", signal - kSignalRtMin);
}

std::vector<std::string> signal_names() {
  std::vector<std::string> names;
  for (const NamedSignal& known : kNames) {
    names.emplace_back(known.name);
  }
  return names;
}

}  // namespace supervisor
