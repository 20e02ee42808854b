#include "supervisor/process/signals.h"

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "base/text.h"

namespace supervisor {

namespace {

constexpr std::size_t kSignalsPerReadMax = 64;

struct NamedSignal {
  std::string_view name;
  int signal;
};

// The first name of a number is the one that is shown.
constexpr std::array<NamedSignal, 33> kNames{
    {{"HUP", SIGHUP},   {"INT", SIGINT},       {"QUIT", SIGQUIT}, {"ILL", SIGILL},
     {"TRAP", SIGTRAP}, {"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},
     {"KILL", SIGKILL}, {"USR1", SIGUSR1},     {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},
     {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},     {"TERM", SIGTERM}, {"STKFLT", SIGSTKFLT},
     {"CHLD", SIGCHLD}, {"CONT", SIGCONT},     {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
     {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},     {"URG", SIGURG},   {"XCPU", SIGXCPU},
     {"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH},
     {"IO", SIGIO},     {"PWR", SIGPWR},       {"SYS", SIGSYS},   {"IOT", SIGABRT},
     {"POLL", SIGIO}}};

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

bool is_fault(int signal) {
  constexpr std::array kFaults{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
  return std::ranges::find(kFaults, signal) != kFaults.end();
}

SignalRule default_rule(int signal, bool configured) {
  if (!is_forwardable_signal(signal)) {
    return {};
  }
  const SignalRule stop{.action = SignalAction::kStop, .signal = signal};
  const SignalRule forward{.action = SignalAction::kForward, .signal = signal};
  if (signal == SIGTERM || signal == SIGINT) {
    return stop;
  }
  if (!configured) {
    return forward;
  }
  switch (signal) {
    case SIGQUIT:
    case SIGPWR:
    case kSignalRtMin + 3:
      return stop;
    case SIGHUP:
      return {.action = SignalAction::kReload, .signal = 0};
    case SIGUSR1:
      return {.action = SignalAction::kReopen, .signal = 0};
    default:
      return forward;
  }
}

std::optional<SignalRule> parse_rule(int signal, std::string_view text) {
  constexpr std::array<std::pair<std::string_view, SignalAction>, 6> kActions{
      {{"stop", SignalAction::kStop},
       {"reload", SignalAction::kReload},
       {"reopen", SignalAction::kReopen},
       {"rotate", SignalAction::kRotate},
       {"forward", SignalAction::kForward},
       {"ignore", SignalAction::kIgnore}}};
  for (const auto& [name, action] : kActions) {
    if (text == name) {
      const bool keeps = action == SignalAction::kStop || action == SignalAction::kForward;
      return SignalRule{.action = action, .signal = keeps ? signal : 0};
    }
  }
  if (const std::optional<int> other = parse_signal(text)) {
    return SignalRule{.action = SignalAction::kForward, .signal = *other};
  }
  return std::nullopt;
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

std::string signal_name(int signal) {
  if (const auto found = std::ranges::find(kNames, signal, &NamedSignal::signal);
      found != kNames.end()) {
    return std::string(found->name);
  }
  if (signal < kSignalRtMin || signal > kSignalMax) {
    return fmt::format("{}", signal);
  }
  return signal == kSignalRtMin ? "RTMIN" : fmt::format("RTMIN+{}", signal - kSignalRtMin);
}

bool is_handled_signal(int signal) {
  // 32 and 33 are libc's own.
  const bool exists =
      (signal >= 1 && signal < 32) || (signal >= kSignalRtMin && signal <= kSignalMax);
  return exists && !is_fault(signal) && signal != SIGKILL && signal != SIGSTOP && signal != SIGPIPE;
}

bool is_forwardable_signal(int signal) {
  return is_handled_signal(signal) && signal != SIGCHLD && signal != SIGTTIN && signal != SIGTTOU;
}

base::Result<SignalTable> SignalTable::make(bool configured,
                                            const std::map<std::string, std::string>& overrides) {
  SignalTable table;
  for (int signal = 1; signal <= kSignalMax; ++signal) {
    table.rules_[static_cast<std::size_t>(signal)] = default_rule(signal, configured);
  }
  for (const auto& [name, action] : overrides) {
    const std::optional<int> signal = parse_signal(name);
    if (!signal || !is_forwardable_signal(*signal)) {
      return base::fail(base::ErrorCode::kInvalid,
                        fmt::format("cannot handle the signal \"{}\" (birl.signals)", name));
    }
    const std::optional<SignalRule> rule = parse_rule(*signal, action);
    if (!rule) {
      return base::fail(base::ErrorCode::kInvalid,
                        fmt::format("cannot do \"{}\" on signal {}: write stop, reload, reopen, "
                                    "rotate, forward, ignore or another signal (birl.signals)",
                                    action, name));
    }
    table.rules_[static_cast<std::size_t>(*signal)] = *rule;
  }
  return table;
}

SignalRule SignalTable::rule(int signal) const {
  return signal >= 1 && signal <= kSignalMax ? rules_[static_cast<std::size_t>(signal)]
                                             : SignalRule{};
}

base::Result<SignalSource> SignalSource::open() {
  sigset_t handled;
  sigemptyset(&handled);
  for (int signal = 1; signal <= kSignalMax; ++signal) {
    if (is_handled_signal(signal)) {
      sigaddset(&handled, signal);
    }
  }
  // Ignored by our parent, they would not even become pending.
  for (int signal = 1; signal <= kSignalMax; ++signal) {
    if (is_handled_signal(signal)) {
      ::signal(signal, SIG_DFL);
    }
  }
  ::signal(SIGPIPE, SIG_IGN);
  if (::sigprocmask(SIG_SETMASK, &handled, nullptr) != 0) {
    return base::fail_errno("cannot block signals");
  }
  base::Fd fd(::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) {
    return base::fail_errno("cannot make a signalfd");
  }
  return SignalSource(std::move(fd));
}

std::vector<ReceivedSignal> SignalSource::read_pending() {
  std::array<signalfd_siginfo, kSignalsPerReadMax> infos;
  const ssize_t bytes = ::read(fd_.get(), infos.data(), sizeof(infos));
  std::vector<ReceivedSignal> received;
  for (std::size_t i = 0; bytes > 0 && i < static_cast<std::size_t>(bytes) / sizeof(infos[0]);
       ++i) {
    const bool by_kernel = infos[i].ssi_code > 0;
    received.push_back({.signal = static_cast<int>(infos[i].ssi_signo),
                        .sender = by_kernel ? 0 : static_cast<pid_t>(infos[i].ssi_pid)});
  }
  return received;
}

}  // namespace supervisor
