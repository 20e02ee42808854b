#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "tests/support/programs/actor.h"

namespace actor {

namespace {

constexpr int kPauseMs = 5;

}  // namespace

bool send_notification(const std::string& text, int fd) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path == nullptr || std::strlen(path) >= sizeof(address.sun_path)) {
    return false;
  }
  std::memcpy(address.sun_path, path, std::strlen(path));
  socklen_t bytes = sizeof(address);
  if (*path == '@') {
    address.sun_path[0] = '\0';
    bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  }
  iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = bytes;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(fd))> control{};
  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(fd));
    std::memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
  }
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const ssize_t sent = ::sendmsg(socket, &message, 0);
  ::close(socket);
  return sent == static_cast<ssize_t>(text.size());
}

int notify(const Arguments& arguments) {
  int result = 0;
  for (const std::string& text : arguments) {
    result |= send_notification(text) ? 0 : 1;
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
  const bool sent = send_notification("MAINPID=" + std::to_string(child) + "\nREADY=1");
  const int result = sent ? 0 : 1;
  return sent && arguments.at(0) == "stay" ? wait_for_end({}) : result;
}

int notify_often(const Arguments& arguments) {
  while (::access(arguments.at(0).c_str(), F_OK) != 0) {
    if (!send_notification(arguments.at(1))) {
      return 1;
    }
    ::poll(nullptr, 0, kPauseMs);
  }
  return wait_for_end({});
}

}  // namespace actor
