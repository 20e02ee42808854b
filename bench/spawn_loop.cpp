// spawn_loop: the floor that starting and restarting services is measured against: posix_spawn,
// wait, posix_spawn again, without back-off, logs or anything else. TERM ends it and its children.
//
// usage: spawn_loop COUNT COMMAND [ARGUMENT]...
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <set>

#include "base/text.h"

namespace {

volatile sig_atomic_t stopping = 0;

void on_term(int /*signal*/) {
  stopping = 1;
}

bool start_one(char** command, std::set<pid_t>& running) {
  pid_t pid = 0;
  if (::posix_spawnp(&pid, command[0], nullptr, nullptr, command, environ) != 0) {
    return false;
  }
  running.insert(pid);
  return true;
}

int end_all(const std::set<pid_t>& running, int code) {
  for (const pid_t pid : running) {
    ::kill(pid, SIGKILL);
  }
  return code;
}

int keep_running(std::uint64_t count, char** command) {
  std::set<pid_t> running;
  for (std::uint64_t started = 0; started < count; ++started) {
    if (!start_one(command, running)) {
      return end_all(running, 1);
    }
  }
  while (stopping == 0) {
    const pid_t ended = ::waitpid(-1, nullptr, 0);  // TERM interrupts it
    if (ended > 0) {
      running.erase(ended);
      if (!start_one(command, running)) {
        return end_all(running, 1);
      }
    }
  }
  return end_all(running, 0);
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = argc > 2 ? base::parse_decimal(argv[1]) : std::nullopt;
  if (!count) {
    fmt::print(stderr, "usage: spawn_loop COUNT COMMAND [ARGUMENT]...\n");
    return 2;
  }
  struct sigaction action {};
  action.sa_handler = on_term;  // without SA_RESTART
  ::sigaction(SIGTERM, &action, nullptr);
  return keep_running(*count, argv + 2);
}
