#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "tests/support/programs/actor.h"

namespace actor {

namespace {

constexpr int kOrphansAtOnce = 200;

/// A child that makes `count` children and ends before they do: they become orphans.
void make_batch(int count) {
  std::array<int, 2> gate{};
  if (::pipe(gate.data()) != 0) {
    return;
  }
  const pid_t parent = ::fork();
  if (parent == 0) {
    for (int i = 0; i < count; ++i) {
      if (::fork() == 0) {
        char ignored = 0;
        ::close(gate[1]);
        static_cast<void>(!::read(gate[0], &ignored, 1));  // until the parent and actor let go
        ::_exit(i % 256);
      }
    }
    ::_exit(0);
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
