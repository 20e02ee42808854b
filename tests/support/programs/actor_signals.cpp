#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>

#include "tests/support/programs/actor.h"

namespace actor {

namespace {

long long monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<long long>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

void add(const std::string& path, const std::string& line) {
  std::ofstream file(path, std::ios::app);
  file << line << '\n';
}

sigset_t block_all() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  return all;
}

/// The next signal, written down with its time.
int take_signal(const sigset_t& set, const std::string& path) {
  const int number = ::sigwaitinfo(&set, nullptr);
  add(path, std::to_string(number) + " " + std::to_string(monotonic_ns()));
  return number;
}

}  // namespace

int trap(const Arguments& arguments) {
  const sigset_t all = block_all();
  add(arguments.at(0), "ready");
  while (take_signal(all, arguments.at(0)) != SIGTERM) {
  }
  return 0;
}

int record(const Arguments& arguments) {
  const sigset_t all = block_all();
  add(arguments.at(0), "ready");
  for (;;) {
    take_signal(all, arguments.at(0));
  }
}

int ignore(const Arguments& arguments) {
  ::signal(SIGTERM, SIG_IGN);
  add(arguments.at(0), "ready");
  for (;;) {
    ::pause();
  }
}

}  // namespace actor
