#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/programs/actor.h"

namespace actor {

namespace {

constexpr int kFirstPassed = 3;
constexpr int kLingerSeconds = 600;
constexpr const char* kName = "connection";

/// The descriptor of that name that came with us; -1: none did.
int find_passed(const std::string& name) {
  const char* names = std::getenv("LISTEN_FDNAMES");
  int fd = kFirstPassed;
  std::string rest = names == nullptr ? "" : names;
  while (!rest.empty()) {
    const std::string first = rest.substr(0, rest.find(':'));
    if (first == name) {
      return fd;
    }
    rest.erase(0, first.size() + 1);
    ++fd;
  }
  return -1;
}

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  return connected ? fd : -1;
}

}  // namespace

int keep_connection(const Arguments& arguments) {
  int fd = find_passed(kName);
  if (fd < 0) {
    fd = connect_to(arguments.at(0));
    if (fd < 0 || !send_notification(std::string("FDSTORE=1\nFDNAME=") + kName, fd)) {
      return 1;
    }
  }
  const std::string text = std::to_string(::getpid()) + "\n";
  return ::write(fd, text.data(), text.size()) < 0 ? 1 : wait_for_end({});
}

int store_lingering(const Arguments& arguments) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(arguments.at(0))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const linger wait{.l_onoff = 1, .l_linger = kLingerSeconds};
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &wait, sizeof(wait)) != 0) {
    return 1;
  }
  const std::array<char, 65'536> bytes{};
  while (::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
  }
  if (!send_notification(std::string("FDSTORE=1\nFDNAME=") + kName, fd)) {
    return 1;
  }
  ::close(fd);
  return wait_for_end({});
}

int store_pipes(const Arguments& arguments) {
  for (int count = std::stoi(arguments.at(0)); count > 0; --count) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0 ||
        !send_notification("FDSTORE=1\nFDPOLL=0", ends[0])) {
      return 1;
    }
    ::close(ends[0]);
    ::close(ends[1]);
  }
  const int made = ::open(arguments.at(1).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  return made < 0 ? 1 : wait_for_end({});
}

}  // namespace actor
