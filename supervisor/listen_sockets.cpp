#include "supervisor/listen_sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "base/accounts.h"

namespace supervisor {

using base::Result;

namespace {

constexpr mode_t kSocketMode = 0666;
constexpr mode_t kDirectoryMode = 0755;

std::string explain_errno(int error) {
  switch (error) {
    case EADDRINUSE:
      return "another socket listens there";
    case EACCES:
    case EPERM:
      return "permission denied (a port below 1024 needs root or CAP_NET_BIND_SERVICE)";
    case EADDRNOTAVAIL:
      return "no interface of this machine or container has that address";
    case EAFNOSUPPORT:
      return "the kernel does not know this kind of address (is IPv6 off?)";
    default:
      return base::describe_errno(error);
  }
}

base::Unexpected refuse(const ListenAddress& address, std::string_view why, int error) {
  return base::Unexpected(base::Error{
      .code = base::ErrorCode::kUnavailable,
      .sys_errno = error,
      .message = fmt::format("cannot listen at {}: {}", format_listen_address(address), why)});
}

base::Unexpected refuse_errno(const ListenAddress& address) {
  const int error = errno;
  return refuse(address, explain_errno(error), error);
}

base::Fd make_socket(const ListenAddress& address, int flags) {
  const int type = address.kind == ListenKind::kUdp ? SOCK_DGRAM : SOCK_STREAM;
  return base::Fd(::socket(address.family, type | SOCK_CLOEXEC | flags, 0));
}

/// Of a unix socket's file: it is a socket, and nobody listens behind it.
Result<void> remove_stale_file(const ListenAddress& address) {
  struct stat status {};
  if (::lstat(address.path.c_str(), &status) != 0) {
    return errno == ENOENT ? Result<void>() : Result<void>(refuse_errno(address));
  }
  if (!S_ISSOCK(status.st_mode)) {
    return refuse(address, "there is a file that is no socket", EEXIST);
  }
  const base::Fd probe = make_socket(address, SOCK_NONBLOCK);
  const SocketAddress target = make_socket_address(address);
  const bool is_stale = probe.valid() && ::connect(probe.get(), &target.any, target.bytes) != 0 &&
                        errno == ECONNREFUSED;
  if (!is_stale) {
    return refuse(address, explain_errno(EADDRINUSE), EADDRINUSE);
  }
  ::unlink(address.path.c_str());
  return {};
}

Result<void> make_parents(const ListenAddress& address) {
  for (std::size_t slash = address.path.find('/', 1); slash != std::string::npos;
       slash = address.path.find('/', slash + 1)) {
    const std::string directory = address.path.substr(0, slash);
    if (::mkdir(directory.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
      const int error = errno;
      return refuse(address,
                    fmt::format("cannot make {}: {}", directory, base::describe_errno(error)),
                    error);
    }
  }
  return {};
}

/// A right that birl lacks does not matter: the mode lets everybody connect.
void give_to_user(const ListenAddress& address, const ServiceConfig& service) {
  if (service.user.empty()) {
    return;
  }
  const Result<base::Account> account = base::find_account(service.user, {});
  if (account) {
    const Result<gid_t> group =
        service.group.empty() ? account->gid : base::find_group(service.group, {});
    [[maybe_unused]] const int changed =
        ::chown(address.path.c_str(), account->uid, group.value_or(account->gid));
  }
}

Result<void> bind_internet(const ListenAddress& address, int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  const SocketAddress bound = make_socket_address(address);
  if (::bind(fd, &bound.any, bound.bytes) != 0) {
    return refuse_errno(address);
  }
  return {};
}

/// Nobody can connect before listen().
Result<void> bind_unix(const ListenAddress& address, const ServiceConfig& service, int fd) {
  TRY(make_parents(address));
  TRY(remove_stale_file(address));
  const SocketAddress bound = make_socket_address(address);
  if (::bind(fd, &bound.any, bound.bytes) != 0 || ::chmod(address.path.c_str(), kSocketMode) != 0) {
    const int error = errno;
    return refuse(address, base::describe_errno(error), error);
  }
  give_to_user(address, service);
  return {};
}

std::set<std::string> wanted_addresses(const ListenSockets::Services& services) {
  std::set<std::string> wanted;
  for (const auto& [name, service] : services) {
    for (const std::string& text : service.listen) {
      if (const auto address = parse_listen_address(text)) {
        wanted.insert(format_listen_address(*address));
      }
    }
  }
  return wanted;
}

}  // namespace

ListenSockets::~ListenSockets() {
  keep({});
}

std::vector<ListenSockets::Failure> ListenSockets::open_missing(const Services& services) {
  std::vector<Failure> failures;
  for (const auto& [name, service] : services) {
    for (const std::string& text : service.listen) {
      const auto opened = open(text, service);
      if (opened) {
        continue;
      }
      const auto address = parse_listen_address(text);
      const bool becomes_free = opened.error().sys_errno == EADDRINUSE && address &&
                                is_taken_by_leaving(*address, services);
      if (!becomes_free) {
        failures.push_back({name, opened.error()});
      }
    }
  }
  return failures;
}

bool ListenSockets::is_taken_by_leaving(const ListenAddress& address,
                                        const Services& services) const {
  const std::set<std::string> wanted = wanted_addresses(services);
  return std::ranges::any_of(sockets_, [&](const auto& entry) {
    const ListenAddress& other = entry.second.address;
    return !wanted.contains(entry.first) && other.kind == address.kind &&
           other.port == address.port;
  });
}

void ListenSockets::keep(const Services& services) {
  const std::set<std::string> wanted = wanted_addresses(services);
  std::erase_if(sockets_, [&](const auto& entry) {
    const bool goes = !wanted.contains(entry.first);
    if (goes) {
      remove_file(entry.second);
    }
    return goes;
  });
}

/// Not one that somebody else has put there meanwhile.
void ListenSockets::remove_file(const Socket& socket) {
  struct stat status {};
  if (socket.address.kind == ListenKind::kUnix &&
      ::lstat(socket.address.path.c_str(), &status) == 0 && status.st_dev == socket.device &&
      status.st_ino == socket.inode) {
    ::unlink(socket.address.path.c_str());
  }
}

Result<ListenSockets::Socket*> ListenSockets::open(const std::string& text,
                                                   const ServiceConfig& service) {
  TRY_ASSIGN(const ListenAddress address, parse_listen_address(text));
  const std::string key = format_listen_address(address);
  if (const auto known = sockets_.find(key); known != sockets_.end()) {
    return &known->second;
  }
  Socket socket{.address = address, .fd = make_socket(address, 0)};
  if (!socket.fd.valid()) {
    return refuse_errno(address);
  }
  if (address.kind == ListenKind::kUnix) {
    TRY(bind_unix(address, service, socket.fd.get()));
    struct stat status {};
    if (::lstat(address.path.c_str(), &status) == 0) {
      socket.device = status.st_dev;
      socket.inode = status.st_ino;
    }
  } else {
    TRY(bind_internet(address, socket.fd.get()));
  }
  if (address.kind != ListenKind::kUdp && ::listen(socket.fd.get(), SOMAXCONN) != 0) {
    return refuse_errno(address);
  }
  return &sockets_.emplace(key, std::move(socket)).first->second;
}

std::vector<KeptSocket> ListenSockets::take_state() const {
  std::vector<KeptSocket> kept;
  for (const auto& [text, socket] : sockets_) {
    kept.push_back({.address = text,
                    .fd = supervisor::keep(socket.fd),
                    .device = socket.device,
                    .inode = socket.inode});
  }
  return kept;
}

Result<void> ListenSockets::restore(const KeptSocket& kept, base::Fd fd) {
  TRY_ASSIGN(const ListenAddress address, parse_listen_address(kept.address));
  sockets_.emplace(
      kept.address,
      Socket{.address = address, .fd = std::move(fd), .device = kept.device, .inode = kept.inode});
  return {};
}

Result<std::vector<PassedFd>> ListenSockets::sockets_of(const ServiceConfig& service) {
  std::vector<PassedFd> passed;
  for (const std::string& text : service.listen) {
    auto socket = open(text, service);
    if (!socket) {
      return base::with_context(fmt::format("cannot start {}", service.name),
                                std::move(socket).error());
    }
    passed.push_back({.fd = (*socket)->fd.get(), .name = listen_name((*socket)->address)});
  }
  return passed;
}

}  // namespace supervisor
