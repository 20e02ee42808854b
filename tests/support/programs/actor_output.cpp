#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

#include "tests/support/programs/actor.h"

namespace actor {

namespace {

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

bool write_to_device(const char* device, const std::string& text) {
  const int fd = ::open(device, O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    write_all(2, std::string("cannot open ") + device + "\n");
    return false;
  }
  const bool written = write_all(fd, text);
  ::close(fd);
  return written;
}

}  // namespace

int say(const Arguments& arguments) {
  for (const std::string& text : arguments) {
    write_all(1, text + "\n");
  }
  return 0;
}

int say_both(const Arguments& arguments) {
  const long count = std::atol(arguments.at(0).c_str());
  for (long i = 1; i <= count; ++i) {
    write_all(1, "out " + std::to_string(i) + "\n");
    write_all(2, "err " + std::to_string(i) + "\n");
  }
  return 0;
}

int open_stdout(const Arguments& arguments) {
  const bool out = write_to_device("/dev/stdout", arguments.at(0) + " to stdout\n");
  const bool err = write_to_device("/dev/stderr", arguments.at(0) + " to stderr\n");
  return out && err ? 0 : 1;
}

int copy_file(const Arguments& arguments) {
  std::ifstream file(arguments.at(0), std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  std::size_t step = bytes.size();
  if (arguments.size() > 1) {
    step = static_cast<std::size_t>(std::atol(arguments[1].c_str()));
  }
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    write_all(1, std::string_view(bytes).substr(at, step));
  }
  return 0;
}

int print_environment(const Arguments& arguments) {
  for (const std::string& name : arguments) {
    const char* value = std::getenv(name.c_str());
    write_all(1, value != nullptr ? name + "=" + value + "\n" : name + " is not set\n");
  }
  return 0;
}

int print_ids(const Arguments&) {
  write_all(1, std::to_string(::getuid()) + " " + std::to_string(::getgid()) + "\n");
  return 0;
}

/// From 80 on, the first that nobody has.
int bind_low_port(const Arguments& /*arguments*/) {
  constexpr int kFirst = 80;
  constexpr int kPrivilegedEnd = 1024;
  int error = 0;
  for (int port = kFirst; port < kPrivilegedEnd; ++port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    error =
        ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
    ::close(fd);
    if (error != EADDRINUSE) {
      break;
    }
  }
  if (error != 0) {
    std::printf("cannot bind: %s\n", std::strerror(error));
    return 1;
  }
  std::printf("bound as %u\n", ::getuid());
  return 0;
}

int print_input(const Arguments&) {
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(0, buffer.data(), buffer.size())) > 0;) {
    write_all(1, std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
  return 0;
}

}  // namespace actor
