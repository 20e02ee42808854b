#include "tests/support/console_pump.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tests/support/require.h"

namespace support {

namespace {

/// False at the end of the pipe.
bool move_some(int from, int to) {
  std::array<char, 65536> buffer{};
  const ssize_t got = ::read(from, buffer.data(), buffer.size());
  for (ssize_t done = 0; done < got;) {
    const ssize_t put = ::write(to, buffer.data() + done, static_cast<std::size_t>(got - done));
    if (put < 0) {
      return false;
    }
    done += put;
  }
  return got > 0;
}

void pump(std::vector<pollfd> polls, const std::vector<int>& files) {
  std::size_t open_count = polls.size();
  while (open_count > 0) {
    ::poll(polls.data(), polls.size(), -1);
    for (std::size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].revents != 0 && !move_some(polls[i].fd, files[i])) {
        polls[i].fd = -1;
        polls[i].revents = 0;
        --open_count;
      }
    }
  }
}

}  // namespace

pid_t start_console_pump(const std::vector<PumpedPipe>& pipes) {
  std::vector<pollfd> polls;
  std::vector<base::Fd> files;
  std::vector<int> numbers;
  for (const PumpedPipe& pipe : pipes) {
    files.emplace_back(::open(pipe.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    require(files.back().valid(), "open " + pipe.path);
    numbers.push_back(files.back().get());
    polls.push_back({.fd = pipe.read_fd, .events = POLLIN, .revents = 0});
  }
  const pid_t pid = ::fork();
  require(pid >= 0, "fork");
  if (pid == 0) {
    pump(std::move(polls), numbers);
    ::_exit(0);
  }
  return pid;
}

}  // namespace support
