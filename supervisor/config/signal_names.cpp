#include "supervisor/config/signal_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "base/text.h"

namespace supervisor {
namespace {

struct SignalName {
  std::string_view name;
  int number;
};

// Where a number has two names the first is the one we print.
constexpr std::array<SignalName, 34> kSignals{{
    {"HUP", SIGHUP},   {"INT", SIGINT},       {"QUIT", SIGQUIT}, {"ILL", SIGILL},
    {"TRAP", SIGTRAP}, {"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},
    {"KILL", SIGKILL}, {"USR1", SIGUSR1},     {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},
    {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},     {"TERM", SIGTERM}, {"STKFLT", SIGSTKFLT},
    {"CHLD", SIGCHLD}, {"CONT", SIGCONT},     {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},     {"URG", SIGURG},   {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH},
    {"IO", SIGIO},     {"PWR", SIGPWR},       {"SYS", SIGSYS},   {"POLL", SIGIO},
    {"IOT", SIGABRT},  {"CLD", SIGCHLD},
}};
constexpr std::string_view kFirstRealTime = "RTMIN";
constexpr std::string_view kLastRealTime = "RTMAX";

/// "RTMIN", "RTMIN+3", "RTMAX", "RTMAX-2".
std::optional<int> parse_real_time(std::string_view name) {
  const bool from_first = name.starts_with(kFirstRealTime);
  if (!from_first && !name.starts_with(kLastRealTime)) {
    return std::nullopt;
  }
  name.remove_prefix(kFirstRealTime.size());
  if (name.empty()) {
    return from_first ? SIGRTMIN : SIGRTMAX;
  }
  const std::optional<std::uint64_t> offset = base::parse_decimal(name.substr(1));
  if (name.front() != (from_first ? '+' : '-') || !offset ||
      *offset > static_cast<std::uint64_t>(SIGRTMAX - SIGRTMIN)) {
    return std::nullopt;
  }
  const int distance = static_cast<int>(*offset);
  return from_first ? SIGRTMIN + distance : SIGRTMAX - distance;
}

}  // namespace

std::optional<int> parse_signal(std::string_view name) {
  if (const auto number = base::parse_decimal(name)) {
    const bool known = *number >= 1 && *number <= static_cast<std::uint64_t>(SIGRTMAX);
    return known ? std::optional(static_cast<int>(*number)) : std::nullopt;
  }
  if (name.starts_with("SIG")) {
    name.remove_prefix(3);
  }
  const auto found = std::ranges::find(kSignals, name, &SignalName::name);
  return found != kSignals.end() ? std::optional(found->number) : parse_real_time(name);
}

std::string format_signal(int signal) {
  const auto found = std::ranges::find(kSignals, signal, &SignalName::number);
  if (found != kSignals.end()) {
    return std::string(found->name);
  }
  if (signal < SIGRTMIN || signal > SIGRTMAX) {
    return fmt::format("{}", signal);
  }
  return signal == SIGRTMIN ? std::string(kFirstRealTime)
                            : fmt::format("{}+{}", kFirstRealTime, signal - SIGRTMIN);
}

std::vector<std::string> signal_names() {
  std::vector<std::string> names;
  for (const SignalName& signal : kSignals) {
    names.emplace_back(signal.name);
  }
  names.emplace_back(kFirstRealTime);
  names.emplace_back(kLastRealTime);
  return names;
}

}  // namespace supervisor
