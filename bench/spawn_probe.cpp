// spawn_probe: a service that says when it got to run, for measuring whoever starts it. Links
// nothing but libc, so that its own start is short and the same for all.
//
// usage: spawn_probe FIFO                 writes "PID MONOTONIC-NS\n" and waits for a signal
//        spawn_probe FIFO COMMAND...      the same, runs COMMAND, then writes "done NS CPU-NS\n"
//        with
//                                         the processor time of COMMAND, and ends with its exit
//                                         code
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace {

long long monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

long long nanoseconds(const timeval& time) {
  return time.tv_sec * 1'000'000'000LL + time.tv_usec * 1000LL;
}

void tell(int fifo, const char* format, long long first, long long second) {
  char line[80];
  const int length = std::snprintf(line, sizeof line, format, first, second);
  if (::write(fifo, line, static_cast<std::size_t>(length)) < 0) {
    ::_exit(111);
  }
}

int run_command(int fifo, char** command) {
  pid_t pid = 0;
  int status = 0;
  rusage usage{};
  if (::posix_spawnp(&pid, command[0], nullptr, nullptr, command, environ) != 0 ||
      ::wait4(pid, &status, 0, &usage) != pid) {
    return 111;
  }
  tell(fifo, "done %lld %lld\n", monotonic_ns(),
       nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  const long long now = monotonic_ns();
  const int fifo = argc < 2 ? -1 : ::open(argv[1], O_WRONLY | O_CLOEXEC);
  if (fifo < 0) {
    return 111;
  }
  tell(fifo, "%lld %lld\n", ::getpid(), now);
  if (argc > 2) {
    return run_command(fifo, argv + 2);
  }
  ::pause();
  return 0;
}
