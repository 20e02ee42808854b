#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "tests/support/programs/actor.h"

namespace actor {

namespace {

constexpr int kOrphansAtOnce = 200;
constexpr std::size_t kStackBytes = 16 * 1024;

using Gate = std::array<int, 2>;

/// An orphan: waits until all who hold the gate's write end have let go, and ends.
int wait_at(void* argument) {
  const Gate& gate = *static_cast<const Gate*>(argument);
  char ignored = 0;
  ::close(gate[1]);
  static_cast<void>(!::read(gate[0], &ignored, 1));
  ::_exit(0);
}

/// Ends before its children do. They share its memory: ten thousand real forks take minutes on a
/// busy machine.
[[noreturn]] void leave_orphans(int count, Gate gate) {
  std::vector<char> stacks(kStackBytes * static_cast<std::size_t>(count));
  for (std::size_t i = 1; i <= static_cast<std::size_t>(count); ++i) {
    ::clone(wait_at, stacks.data() + i * kStackBytes, CLONE_VM | SIGCHLD, &gate);
  }
  ::_exit(0);
}

void make_batch(int count) {
  Gate gate{};
  if (::pipe(gate.data()) != 0) {
    return;
  }
  const pid_t parent = ::fork();
  if (parent == 0) {
    leave_orphans(count, gate);
  }
  ::waitpid(parent, nullptr, 0);
  ::close(gate[1]);
  ::close(gate[0]);
}

}  // namespace

int make_orphans(const Arguments& arguments) {
  for (int left = std::atoi(arguments.at(0).c_str()); left > 0; left -= kOrphansAtOnce) {
    make_batch(left < kOrphansAtOnce ? left : kOrphansAtOnce);
  }
  return 0;
}

int leave_child(const Arguments& arguments) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
  }
  if (child != 0) {
    std::ofstream(arguments.at(0)) << child << '\n';
  }
  return wait_for_end(arguments);
}

namespace {

/// Only a new program image has another environment in /proc.
[[noreturn]] void become_stranger(const std::string& file) {
  for (int fd = 0; fd < 3; ++fd) {
    ::close(fd);
  }
  const std::string script = "trap '' TERM; echo $$ > " + file + "; while :; do sleep 1000; done";
  std::array<char*, 1> no_environment{nullptr};
  std::array<const char*, 4> arguments{"/bin/sh", "-c", script.c_str(), nullptr};
  ::execve("/bin/sh", const_cast<char**>(arguments.data()), no_environment.data());
  ::_exit(1);
}

}  // namespace

int escape(const Arguments& arguments) {
  const bool is_clean = arguments.size() > 1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    if (::fork() != 0) {
      ::_exit(0);
    }
    ::setsid();
    if (is_clean) {
      become_stranger(arguments.at(0));
    }
    std::signal(SIGTERM, SIG_IGN);
    std::ofstream(arguments.at(0)) << ::getpid() << '\n';
    for (;;) {
      ::pause();
    }
  }
  ::waitpid(child, nullptr, 0);
  return wait_for_end({});
}

int hold_pipes(const Arguments& arguments) {
  long held = 0;
  const int bytes = std::atoi(arguments.at(1).c_str());
  for (long i = std::atol(arguments.at(0).c_str()); i > 0; --i) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0 || ::fcntl(ends[0], F_SETPIPE_SZ, bytes) < bytes) {
      break;
    }
    ++held;
  }
  std::ofstream(arguments.at(2)) << "held " << held << '\n';
  return wait_for_end(arguments);
}

}  // namespace actor
