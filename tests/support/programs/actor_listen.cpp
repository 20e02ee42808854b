#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/programs/actor.h"

namespace actor {

namespace {

constexpr int kFirstSocket = 3;
constexpr int kNotOurs = 3;  // the exit code when the variables are somebody else's

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void answer_one(std::vector<pollfd>& sockets) {
  ::poll(sockets.data(), sockets.size(), -1);
  for (const pollfd& socket : sockets) {
    if (socket.revents != 0) {
      const int client = ::accept(socket.fd, nullptr, nullptr);
      const std::string text = std::to_string(::getpid()) + "\n";
      [[maybe_unused]] const ssize_t written = ::write(client, text.data(), text.size());
      ::close(client);
      return;
    }
  }
}

}  // namespace

int serve(const Arguments& arguments) {
  const int count = std::atoi(variable("LISTEN_FDS").c_str());
  if (count == 0 || variable("LISTEN_PID") != std::to_string(::getpid())) {
    return kNotOurs;
  }
  std::vector<pollfd> sockets;
  for (int fd = kFirstSocket; fd < kFirstSocket + count; ++fd) {
    sockets.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  }
  for (int left = std::stoi(arguments.at(0)); left > 0; --left) {
    answer_one(sockets);
  }
  return ::kill(::getpid(), SIGKILL);
}

}  // namespace actor
