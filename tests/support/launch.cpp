#include "tests/support/launch.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "tests/support/eventually.h"
#include "tests/support/require.h"

namespace support {

namespace {

constexpr int kNeverReturned = 125;

void insist(bool done, const char* what) {
  if (!done) {
    std::perror(what);
    ::_exit(kNeverReturned);
  }
}

void enter_namespace(World world) {
  insist(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make / private");
  insist(::mount("proc", "/proc", "proc", 0, nullptr) == 0, "mount /proc");
  if (world == World::kReadOnlyRoot) {
    insist(::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0,
           "make / read-only");
  }
  insist(::mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755") == 0,
         "mount /run");
}

void place_descriptor(int fd, int target, int flags) {
  if (fd < 0) {
    fd = ::open("/dev/null", flags);
  }
  insist(::dup2(fd, target) == target, "dup2");
}

void become(uid_t uid) {
  insist(::setgroups(0, nullptr) == 0, "setgroups");
  insist(::setresgid(uid, uid, uid) == 0, "setresgid");
  insist(::setresuid(uid, uid, uid) == 0, "setresuid");
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));  // as execve wants it
  }
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void run_child(const LaunchSpec& spec, char** argv, char** envp) {
  if (spec.world != World::kPlain) {
    enter_namespace(spec.world);
  }
  // Above 2 first, so that placing one cannot overwrite the next.
  place_descriptor(spec.stdin_fd, 0, O_RDONLY);
  place_descriptor(spec.stdout_fd, 1, O_WRONLY);
  place_descriptor(spec.stderr_fd, 2, O_WRONLY);
  insist(::chdir(spec.directory.c_str()) == 0, "chdir");
  if (spec.uid) {
    become(*spec.uid);
  }
  ::execve(spec.program.c_str(), argv, envp);
  std::perror(spec.program.c_str());
  ::_exit(kNeverReturned);
}

std::string drain(int fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0) {
      return text;
    }
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

base::Fd memory_file(const std::string& text) {
  base::Fd file(::memfd_create("test", MFD_CLOEXEC));
  require(file.valid(), "memfd_create");
  require(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()),
          "write");
  require(::lseek(file.get(), 0, SEEK_SET) == 0, "lseek");
  return file;
}

}  // namespace

pid_t launch(const LaunchSpec& spec) {
  const auto argv = pointers_to(spec.argv);
  const auto envp = pointers_to(spec.environment);
  pid_t pid = 0;
  if (spec.world == World::kPlain) {
    pid = ::fork();
  } else {
    pid = static_cast<pid_t>(
        ::syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, nullptr, nullptr, nullptr, 0));
  }
  require(pid >= 0, "clone");
  if (pid == 0) {
    run_child(spec, const_cast<char**>(argv.data()), const_cast<char**>(envp.data()));
  }
  return pid;
}

std::optional<int> wait_exit(pid_t pid, std::chrono::milliseconds patience) {
  int status = 0;
  const bool ended = eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }, patience);
  if (!ended) {
    return std::nullopt;
  }
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

std::vector<std::string> clean_environment() {
  std::vector<std::string> environment{
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) {
      environment.push_back(std::string(name) + "=" + value);
    }
  }
  return environment;
}

bool can_make(World world) {
  if (world == World::kPlain) {
    return true;
  }
  LaunchSpec spec{.program = "/bin/true", .argv = {"true"}, .world = world};
  return run_command(spec).code == 0;
}

CommandResult run_command(LaunchSpec spec, const std::string& input) {
  const base::Fd in = memory_file(input);
  const base::Fd out = memory_file("");
  const base::Fd err = memory_file("");
  spec.stdin_fd = in.get();
  spec.stdout_fd = out.get();
  spec.stderr_fd = err.get();
  if (spec.environment.empty()) {
    spec.environment = clean_environment();
  }
  const pid_t pid = launch(spec);
  auto code = wait_exit(pid, kPatience * 4);
  if (!code) {
    ::kill(pid, SIGKILL);
    static_cast<void>(wait_exit(pid, kPatience));
    code = -1000;
  }
  for (const base::Fd* fd : {&out, &err}) {
    require(::lseek(fd->get(), 0, SEEK_SET) == 0, "lseek");
  }
  return {.code = *code, .out = drain(out.get()), .err = drain(err.get())};
}

}  // namespace support
