#include "shippers/file/archive_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"

namespace shippers {

namespace {

constexpr std::string_view kFileVariable = "BIRL_FILE=";
constexpr std::uint64_t kLookNs = 50 * base::kNsPerMs;  // where the kernel has no pidfd

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) {
    all.push_back(word.data());
  }
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> make_environment(const std::string& archive_path) {
  std::vector<std::string> all{std::string(kFileVariable) + archive_path};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with(kFileVariable)) {
      all.emplace_back(*entry);
    }
  }
  return all;
}

/// How a spawned process begins: its descriptors, its group, no signal blocked or ignored.
class SpawnSetup {
 public:
  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, STDERR_FILENO, STDOUT_FILENO);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  [[nodiscard]] base::Result<pid_t> spawn(std::vector<std::string> argv,
                                          std::vector<std::string> environment) {
    pid_t pid = 0;
    const int error = ::posix_spawnp(&pid, argv.front().c_str(), &actions_, &attributes_,
                                     pointers(argv).data(), pointers(environment).data());
    if (error != 0) {
      return base::fail_errno(fmt::format("cannot run {}", argv.front()), error);
    }
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

base::Result<void> judge(int status, const std::string& name) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return {};
  }
  return base::fail(base::ErrorCode::kUnavailable,
                    WIFEXITED(status)
                        ? fmt::format("cannot run {}: it ended with {}", name, WEXITSTATUS(status))
                        : fmt::format("cannot run {}: signal {} ended it", name, WTERMSIG(status)));
}

/// Until the process has ended (`process`: its pidfd), the thread is to stop, or it is time to
/// look.
void wait_for_end(int process, int stop_fd, std::uint64_t wait_ns) {
  pollfd polls[2]{{.fd = process, .events = POLLIN, .revents = 0},
                  {.fd = stop_fd, .events = POLLIN, .revents = 0}};
  const std::uint64_t step_ns = process >= 0 ? wait_ns : std::min(wait_ns, kLookNs);
  ::poll(polls, 2, static_cast<int>(step_ns / base::kNsPerMs) + 1);
}

bool is_readable(int fd) {
  pollfd poll{.fd = fd, .events = POLLIN, .revents = 0};
  return fd >= 0 && ::poll(&poll, 1, 0) > 0;
}

}  // namespace

base::Result<void> run_archive_command(const base::Command& command,
                                       const std::string& archive_path, int stop_fd,
                                       std::uint64_t limit_ns) {
  std::vector<std::string> argv = command.argv;
  if (command.shell) {
    argv.insert(argv.begin(), {"/bin/sh", "-c"});
  }
  const std::string name = fmt::format("rotate.command for {}", archive_path);
  const auto spawned = SpawnSetup().spawn(argv, make_environment(archive_path));
  if (!spawned) {
    return base::with_context(name, spawned.error());
  }
  const pid_t pid = *spawned;
  const base::Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const std::uint64_t deadline_ns = base::monotonic_ns() + limit_ns;
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) {
      return judge(status, name);
    }
    if (ended < 0 && errno != EINTR) {
      return base::fail_errno(fmt::format("cannot wait for {}", name));
    }
    if (is_readable(stop_fd)) {
      return {};
    }
    const std::uint64_t now_ns = base::monotonic_ns();
    if (now_ns >= deadline_ns) {
      ::kill(-pid, SIGKILL);
      ::waitpid(pid, &status, 0);
      return base::fail(base::ErrorCode::kTimeout,
                        fmt::format("cannot run {}: it took too long and was killed", name));
    }
    wait_for_end(process.get(), stop_fd, deadline_ns - now_ns);
  }
}

}  // namespace shippers
