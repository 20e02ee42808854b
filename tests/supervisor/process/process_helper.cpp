// The processes that the tests of supervisor/process need: writers, services, orphans, and a birl
// that hits an internal error. The first argument says which.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "supervisor/config/signal_names.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/process/reaper.h"
#include "supervisor/process/signals.h"
#include "supervisor/process/spawn.h"

namespace supervisor {
namespace {

using Arguments = std::vector<std::string>;

void say(int fd, std::string_view text) {
  ASSERT(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

/// write FD TEXT [FD TEXT]...
int write_to_descriptors(const Arguments& arguments) {
  for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) {
    say(std::stoi(arguments[i]), arguments[i + 1]);
  }
  return 0;
}

/// orphans COUNT: leaves so many dead children to whoever reaps orphans.
int leave_orphans(const Arguments& arguments) {
  for (int count = std::stoi(arguments[1]); count > 0; --count) {
    const pid_t pid = ::vfork();  // ten times cheaper, which counts for ten thousand
    ASSERT(pid >= 0);
    if (pid == 0) {
      ::_exit(3);
    }
  }
  return 0;
}

/// service NAME CODE: exits with CODE on TERM; with "never" it does not.
int be_service(const Arguments& arguments) {
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigaddset(&term, SIGSEGV);
  ::sigprocmask(SIG_BLOCK, &term, nullptr);
  say(1, fmt::format("{} {}\n", arguments[1], ::getpid()));
  for (;;) {
    int signal = 0;
    ::sigwait(&term, &signal);
    say(1, fmt::format("{} got {}\n", arguments[1], format_signal(signal)));
    if (signal == SIGTERM && arguments[2] != "never") {
      return std::stoi(arguments[2]);
    }
  }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Winfinite-recursion"
int overflow_stack(volatile char* above) {
  volatile char frame[4096];
  frame[0] = above == nullptr ? '\0' : *above;
  return overflow_stack(frame) + frame[0];
}
#pragma GCC diagnostic pop

void fail_internally(std::string_view how) {
  if (how == "abort") {
    std::abort();
  } else if (how == "check") {
    ASSERT(how.empty());
  } else if (how == "segv") {
    *static_cast<volatile int*>(nullptr) = 1;  // NOLINT
  } else if (how == "bad_alloc") {
    throw std::bad_alloc();
  } else if (how == "fpe") {
    volatile int zero = 0;
    zero = 1 / zero;
    ::raise(SIGFPE);  // where a division by zero does not fault
  } else if (how == "overflow") {
    overflow_stack(nullptr);
  } else if (how == "enter") {
    last_resort_enter("a test");
  }
}

pid_t start(Spawner& spawner, const Arguments& argv, LastResortRole role) {
  const base::Result<Spawning> spawning = spawner.begin({.name = argv[2], .argv = argv});
  ASSERT(spawning.has_value());
  ASSERT(last_resort_add({.pid = spawning->pid(), .role = role}).has_value());
  return spawning->pid();
}

/// birl HOW GRACE_MS [ROLE:NAME:CODE]...: a supervisor that starts services and then fails. As
/// "none" it waits to be killed instead.
int be_birl(const Arguments& arguments) {
  ASSERT(become_subreaper().has_value());
  ASSERT(SignalSource::open().has_value());
  const auto grace_ms = static_cast<std::uint32_t>(std::stoul(arguments[2]));
  ASSERT(last_resort_install({.grace_ms = grace_ms, .flush_ms = 2000}).has_value());
  Spawner spawner(std::nullopt);
  for (std::size_t i = 3; i < arguments.size(); ++i) {
    const std::string& service = arguments[i];
    const std::size_t first = service.find(':');
    const std::size_t second = service.find(':', first + 1);
    const std::string role = service.substr(0, first);
    start(spawner,
          {"/proc/self/exe", "service", service.substr(first + 1, second - first - 1),
           service.substr(second + 1)},
          role == "primary"  ? LastResortRole::kPrimary
          : role == "router" ? LastResortRole::kRouter
                             : LastResortRole::kService);
  }
  fail_internally(arguments[1]);
  for (;;) {
    ::pause();
  }
}

int run(const Arguments& arguments) {
  const std::string& what = arguments.at(0);
  if (what == "write") {
    return write_to_descriptors(arguments);
  }
  if (what == "orphans") {
    return leave_orphans(arguments);
  }
  if (what == "service") {
    return be_service(arguments);
  }
  return be_birl(arguments);
}

}  // namespace
}  // namespace supervisor

int main(int argc, char** argv) {
  return supervisor::run({argv + 1, argv + argc});
}
