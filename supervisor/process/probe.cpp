#include "supervisor/process/probe.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/small_file.h"
#include "base/text.h"

namespace supervisor {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t kHostsBytesMax = 1U << 20U;
constexpr int kStatusGoodMin = 200;
constexpr int kStatusGoodMax = 399;

struct Address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

base::Unexpected timed_out() {
  return base::fail(ErrorCode::kTimeout, "it does not answer in time");
}

std::optional<Address> make_address(const std::string& host, std::uint16_t port) {
  Address address;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    std::memcpy(&address.storage, &four, sizeof(four));
    address.bytes = sizeof(four);
    return address;
  }
  if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::memcpy(&address.storage, &six, sizeof(six));
    address.bytes = sizeof(six);
    return address;
  }
  return std::nullopt;
}

Address make_unix_address(const std::string& path) {
  Address address;
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, path.c_str(), std::min(path.size() + 1, sizeof(local.sun_path)));
  std::memcpy(&address.storage, &local, sizeof(local));
  address.bytes = sizeof(local);
  return address;
}

/// Lines of "ADDRESS NAME...", `#` begins a comment.
std::vector<std::string> find_in_hosts(const std::string& name, const std::string& hosts_file) {
  std::vector<std::string> found;
  const auto text = base::read_small_file(hosts_file, kHostsBytesMax);
  if (!text) {
    return found;
  }
  for (const std::string_view line : base::split(*text, '\n')) {
    std::string words(line.substr(0, line.find('#')));
    std::ranges::replace(words, '\t', ' ');
    std::vector<std::string_view> parts = base::split(words, ' ');
    std::erase_if(parts, [](std::string_view part) { return part.empty(); });
    if (!parts.empty() && std::find(parts.begin() + 1, parts.end(), name) != parts.end()) {
      found.emplace_back(parts.front());
    }
  }
  return found;
}

Result<std::vector<Address>> find_addresses(const ProbeTarget& target,
                                            const std::string& hosts_file) {
  if (target.host.empty()) {
    return std::vector<Address>{make_unix_address(target.path)};
  }
  std::vector<std::string> hosts{target.host};
  if (target.host == "localhost") {
    hosts = {"127.0.0.1", "::1"};
  } else if (!make_address(target.host, target.port)) {
    hosts = find_in_hosts(target.host, hosts_file);
  }
  std::vector<Address> addresses;
  for (const std::string& host : hosts) {
    const auto address = make_address(host, target.port);
    if (address && addresses.size() < ProbeLimits::kAddressesMax) {
      addresses.push_back(*address);
    }
  }
  if (addresses.empty()) {
    return base::fail(ErrorCode::kNotFound,
                      fmt::format("{} is neither an address nor a name in {} (DNS is not asked)",
                                  target.host, hosts_file));
  }
  return addresses;
}

Result<void> wait_for(int fd, short events, std::uint64_t deadline_ns) {
  while (true) {
    const std::uint64_t now_ns = base::monotonic_ns();
    if (now_ns >= deadline_ns) {
      return timed_out();
    }
    const std::uint64_t left_ms = (deadline_ns - now_ns) / base::kNsPerMs + 1;
    pollfd ready{.fd = fd, .events = events, .revents = 0};
    const int count = ::poll(&ready, 1, static_cast<int>(std::min<std::uint64_t>(left_ms, 60'000)));
    if (count > 0) {
      return {};
    }
    if (count < 0 && errno != EINTR) {
      return base::fail_errno("cannot wait for it");
    }
  }
}

Result<base::Fd> connect_to(const Address& address, std::uint64_t deadline_ns) {
  base::Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    return base::fail_errno("cannot make a socket");
  }
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.bytes) ==
      0) {
    return fd;
  }
  if (errno == EAGAIN) {  // a unix socket whose queue is full: it is there, but it takes nobody
    return timed_out();
  }
  if (errno != EINPROGRESS) {
    return base::fail_errno("cannot connect");
  }
  TRY(wait_for(fd.get(), POLLOUT, deadline_ns));
  int error = 0;
  socklen_t bytes = sizeof(error);
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &bytes);
  if (error != 0) {
    errno = error;
    return base::fail_errno("cannot connect");
  }
  return fd;
}

/// The first address that accepts.
Result<base::Fd> connect_any(const std::vector<Address>& addresses, std::uint64_t deadline_ns) {
  Result<base::Fd> connected = timed_out();
  for (const Address& address : addresses) {
    connected = connect_to(address, deadline_ns);
    if (connected) {
      break;
    }
  }
  return connected;
}

Result<void> send_all(int fd, std::string_view bytes, std::uint64_t deadline_ns) {
  while (!bytes.empty()) {
    TRY(wait_for(fd, POLLOUT, deadline_ns));
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR && errno != EAGAIN) {
      return base::fail_errno("cannot send the request");
    }
    bytes.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return {};
}

Result<std::string> read_status_line(int fd, std::uint64_t deadline_ns) {
  std::string answer;
  while (answer.find('\n') == std::string::npos && answer.size() < ProbeLimits::kAnswerBytesMax) {
    TRY(wait_for(fd, POLLIN, deadline_ns));
    std::array<char, 1024> buffer{};
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count == 0) {
      break;
    }
    if (count < 0 && errno != EINTR && errno != EAGAIN) {
      return base::fail_errno("cannot read the answer");
    }
    answer.append(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return answer.substr(0, answer.find_first_of("\r\n"));
}

/// "HTTP/1.1 200 OK".
Result<void> judge_status_line(const std::string& line) {
  const std::vector<std::string_view> words = base::split(line, ' ');
  const auto status = words.size() >= 2 ? base::parse_decimal(words[1]) : std::nullopt;
  if (!line.starts_with("HTTP/") || !status) {
    return base::fail(ErrorCode::kDamaged, "the answer is no HTTP");
  }
  if (*status < kStatusGoodMin || *status > kStatusGoodMax) {
    return base::fail(ErrorCode::kUnavailable, fmt::format("it answers with status {}", *status));
  }
  return {};
}

std::string make_request(const ProbeTarget& target) {
  const bool is_six = target.host.find(':') != std::string::npos;
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nUser-Agent: birl-probe\r\nAccept: */*\r\n"
      "Connection: close\r\n\r\n",
      target.path, is_six ? "[" : "", target.host, is_six ? "]" : "", target.port);
}

Result<void> probe_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? Result<void>() : base::fail_errno("cannot find it");
}

}  // namespace

Result<void> probe(const ProbeTarget& target, std::uint64_t timeout_ns,
                   const std::string& hosts_file) {
  if (target.kind == ProbeKind::kFile) {
    return probe_file(target.path);
  }
  const std::uint64_t deadline_ns = base::monotonic_ns() + timeout_ns;
  TRY_ASSIGN(const std::vector<Address> addresses, find_addresses(target, hosts_file));
  TRY_ASSIGN(const base::Fd fd, connect_any(addresses, deadline_ns));
  if (target.kind == ProbeKind::kTcp) {
    return {};
  }
  TRY(send_all(fd.get(), make_request(target), deadline_ns));
  TRY_ASSIGN(const std::string line, read_status_line(fd.get(), deadline_ns));
  return judge_status_line(line);
}

}  // namespace supervisor
