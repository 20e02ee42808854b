#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/programs/actor.h"

namespace actor {

namespace {

/// How many lines `path` has after one more was added to it.
long add_line(const std::string& path) {
  {
    std::ofstream file(path, std::ios::app);
    file << ::getpid() << '\n';
  }
  std::ifstream file(path);
  long count = 0;
  for (std::string line; std::getline(file, line);) {
    ++count;
  }
  return count;
}

}  // namespace

int exit_with(const Arguments& arguments) {
  return std::atoi(arguments.at(0).c_str());
}

int raise_it(const Arguments& arguments) {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const int number = std::atoi(arguments.at(0).c_str());
  ::signal(number, SIG_DFL);
  ::kill(::getpid(), number);
  return wait_for_end(arguments);
}

int wait_for_end(const Arguments&) {
  for (;;) {
    ::pause();
  }
}

int count_run(const Arguments& arguments) {
  add_line(arguments.at(0));
  return std::atoi(arguments.at(1).c_str());
}

int exit_until(const Arguments& arguments) {
  if (add_line(arguments.at(0)) > std::atol(arguments.at(1).c_str())) {
    return wait_for_end(arguments);
  }
  return std::atoi(arguments.at(2).c_str());
}

}  // namespace actor
