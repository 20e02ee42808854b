#include "tests/support/terminal.h"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "tests/support/eventually.h"
#include "tests/support/launch.h"
#include "tests/support/require.h"

namespace support {

namespace {

constexpr unsigned short kRows = 24;
constexpr unsigned short kColumns = 80;
constexpr int kLostTerminal = 99;

winsize make_size(unsigned short rows, unsigned short columns) {
  return {.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
}

[[noreturn]] void become(const std::vector<std::string>& argv, Terminal::Place place) {
  std::vector<char*> words;
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  if (place == Terminal::Place::kLeader) {
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  ::signal(SIGTTOU, SIG_IGN);
  const pid_t job = ::fork();
  ::setpgid(job, job);
  ::tcsetpgrp(STDIN_FILENO, job == 0 ? ::getpid() : job);
  if (job == 0) {
    ::signal(SIGTTOU, SIG_DFL);
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(job, &status, 0);
  const bool is_back = ::tcgetpgrp(STDIN_FILENO) == job;  // the job's own group, as it was given
  ::_exit(is_back && WIFEXITED(status) ? WEXITSTATUS(status) : kLostTerminal);
}

}  // namespace

Terminal::Terminal(const std::vector<std::string>& argv, Place place) {
  winsize size = make_size(kRows, kColumns);
  pid_ = ::forkpty(&master_, nullptr, nullptr, &size);
  if (pid_ == 0) {
    become(argv, place);
  }
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
  }
  ::close(master_);
  if (pid_ > 0) {
    static_cast<void>(support::wait_exit(pid_, kPatience));
  }
}

void Terminal::type(std::string_view text) const {
  require(::write(master_, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "type");
}

void Terminal::resize(unsigned short rows, unsigned short columns) const {
  const winsize size = make_size(rows, columns);
  require(::ioctl(master_, TIOCSWINSZ, &size) == 0, "resize the terminal");
}

bool Terminal::shows(const std::string& wanted) {
  return eventually([&] {
    read_some();
    return screen_.find(wanted) != std::string::npos;
  });
}

std::optional<int> Terminal::wait_exit() {
  std::optional<int> code;
  static_cast<void>(eventually([&] {
    read_some();
    code = support::wait_exit(pid_, std::chrono::milliseconds(0));
    return code.has_value();
  }));
  pid_ = code ? -1 : pid_;
  read_some();
  return code;
}

termios Terminal::modes() const {
  termios modes{};
  require(::tcgetattr(master_, &modes) == 0, "read the terminal's modes");
  return modes;
}

void Terminal::read_some() {
  pollfd ready{.fd = master_, .events = POLLIN, .revents = 0};
  std::array<char, 4096> buffer{};
  while (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
    const ssize_t bytes = ::read(master_, buffer.data(), buffer.size());
    if (bytes <= 0) {
      return;
    }
    screen_.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
}

}  // namespace support
