#include "supervisor/process/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <ctime>

namespace supervisor {

namespace {

/// The kernel tells the group that lost its terminal by HUP and CONT: those came for us alone, and
/// mean nothing to us. They are blocked (signals.h), hence pending.
void forget_hangup() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGCONT);
  const timespec at_once{};
  while (::sigtimedwait(&signals, nullptr, &at_once) > 0) {
  }
}

}  // namespace

bool is_on_terminal() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

TerminalMode offer_terminal() {
  if (::isatty(STDIN_FILENO) != 1) {
    return TerminalMode::kNone;
  }
  const pid_t session = ::getsid(0);
  if (::tcgetsid(STDIN_FILENO) != session) {
    return TerminalMode::kOwnSession;  // nobody's, or another session's: the child will be told
  }
  if (session != ::getpid()) {
    return TerminalMode::kForegroundGroup;
  }
  ::ioctl(STDIN_FILENO, TIOCNOTTY);
  forget_hangup();
  return TerminalMode::kOwnSession;
}

void take_terminal_back() {
  ::tcsetpgrp(STDIN_FILENO, ::getpgrp());  // TTOU is blocked (signals.h)
}

}  // namespace supervisor
