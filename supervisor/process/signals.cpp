#include "supervisor/process/signals.h"

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace supervisor {

namespace {

constexpr std::size_t kSignalsPerReadMax = 64;

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
  // Ignored by our parent, they would not even become pending.
  for (int signal = 1; signal <= kSignalMax; ++signal) {
    if (is_handled_signal(signal)) {
      ::signal(signal, SIG_DFL);
    }
  }
  return take_over();
}

base::Result<SignalSource> SignalSource::take_over() {
  sigset_t handled;
  sigemptyset(&handled);
  for (int signal = 1; signal <= kSignalMax; ++signal) {
    if (is_handled_signal(signal)) {
      sigaddset(&handled, signal);
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
