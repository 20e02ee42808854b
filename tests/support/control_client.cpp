#include "tests/support/control_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace support {

base::Fd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return {};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), generic, sizeof(address)) != 0) {
    return {};
  }
  return socket;
}

std::optional<std::string> ask_socket(const std::string& path, std::string_view bytes) {
  const base::Fd socket = connect_to(path);
  if (!socket.valid() || ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
                             static_cast<ssize_t>(bytes.size())) {
    return std::nullopt;
  }
  std::string answer;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) {
      return std::nullopt;
    }
    if (got == 0) {
      return answer;
    }
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace support
