#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "tests/support/programs/actor.h"

namespace actor {

namespace {

constexpr int kPauseMs = 5;

int send_one(const std::string& text) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path == nullptr || std::strlen(path) >= sizeof(address.sun_path)) {
    return 1;
  }
  std::memcpy(address.sun_path, path, std::strlen(path));
  socklen_t bytes = sizeof(address);
  if (*path == '@') {
    address.sun_path[0] = '\0';
    bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  }
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const ssize_t sent =
      ::sendto(fd, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address), bytes);
  ::close(fd);
  return sent == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

}  // namespace

int notify(const Arguments& arguments) {
  int result = 0;
  for (const std::string& text : arguments) {
    result |= send_one(text);
  }
  return result;
}

int notify_and_wait(const Arguments& arguments) {
  return notify(arguments) != 0 ? 1 : wait_for_end({});
}

int notify_as_daemon(const Arguments& arguments) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    return wait_for_end({});
  }
  const int result = send_one("MAINPID=" + std::to_string(child) + "\nREADY=1");
  return result == 0 && arguments.at(0) == "stay" ? wait_for_end({}) : result;
}

int notify_often(const Arguments& arguments) {
  while (::access(arguments.at(0).c_str(), F_OK) != 0) {
    if (send_one(arguments.at(1)) != 0) {
      return 1;
    }
    ::poll(nullptr, 0, kPauseMs);
  }
  return wait_for_end({});
}

}  // namespace actor
