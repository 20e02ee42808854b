#include "supervisor/router_link/ring_files.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/codec.h"
#include "base/unix_socket.h"
#include "supervisor/process/helper_child.h"

namespace supervisor {

using base::Fd;
using base::Result;

namespace {

/// From the child, one each: the rings with their descriptors, then the rest with lock and records.
struct Tail {
  std::string error;
  base::ErrorCode code = base::ErrorCode::kInvalid;
  std::vector<std::string> messages;

  template <typename V>
  void visit(V& v) {
    v.field("error", error);
    v.field("code", code);
    v.field("messages", messages);
  }
};

template <typename T>
void send(char kind, const T& value, const std::vector<int>& fds) {
  std::vector<std::byte> bytes = base::Encoder::encode(value);
  bytes.insert(bytes.begin(), static_cast<std::byte>(kind));
  static_cast<void>(base::send_message(HelperChild::kKeptFd, bytes, fds));
}

/// In the child.
void answer(const Result<RingDirectory>& opened) {
  if (!opened) {
    send('t', Tail{.error = opened.error().message, .code = opened.error().code, .messages = {}},
         {});
    return;
  }
  for (const RingFile& ring : opened->rings) {
    send('r', ring.info, {ring.fd.get()});
  }
  std::vector<int> fds;
  if (opened->lock.valid()) {
    fds = {opened->lock.get(), opened->records.get()};
  }
  send('t', Tail{.error = {}, .code = {}, .messages = opened->messages}, fds);
}

/// The next message of a child that is at it; kTimeout.
Result<base::Message> receive(int socket, std::uint64_t deadline_ns) {
  for (;;) {
    TRY_ASSIGN(auto message, base::receive_message(socket));
    if (message) {
      return std::move(*message);
    }
    const std::uint64_t now_ns = base::monotonic_ns();
    if (now_ns >= deadline_ns) {
      return base::fail(base::ErrorCode::kTimeout, "the file system does not answer");
    }
    pollfd ready{.fd = socket, .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, static_cast<int>((deadline_ns - now_ns) / base::kNsPerMs) + 1);
  }
}

template <typename T>
Result<T> decode(const base::Message& message) {
  return base::Decoder::decode<T>(std::span(message.bytes).subspan(1));
}

struct Received {
  RingDirectory directory;
  Tail tail;
};

Result<Received> receive_all(int socket) {
  Received received;
  const std::uint64_t deadline_ns =
      base::monotonic_ns() + static_cast<std::uint64_t>(RingFilesLimits::kWaitMs) * base::kNsPerMs;
  for (;;) {
    TRY_ASSIGN(base::Message message, receive(socket, deadline_ns));
    if (message.bytes.empty()) {
      return base::fail(base::ErrorCode::kDamaged, "its helper process said nothing");
    }
    if (message.bytes.front() == static_cast<std::byte>('r') && message.fds.size() == 1) {
      TRY_ASSIGN(RingInfo info, decode<RingInfo>(message));
      received.directory.rings.push_back(
          {.info = std::move(info), .fd = std::move(message.fds.front())});
      continue;
    }
    TRY_ASSIGN(received.tail, decode<Tail>(message));
    if (message.fds.size() == 2) {
      received.directory.lock = std::move(message.fds[0]);
      received.directory.records = std::move(message.fds[1]);
    }
    return received;
  }
}

/// A child that hangs is left to the reaper.
void end_child(pid_t pid, bool is_done) {
  if (!is_done) {
    ::kill(pid, SIGKILL);
    return;
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

Result<Received> run(const HelperChild::Work& work) {
  TRY_ASSIGN(base::SocketPair pair, base::make_socket_pair());
  TRY(base::set_nonblocking(pair.first.get(), true));
  TRY_ASSIGN(const HelperChild child, HelperChild::start(work, pair.second.get()));
  pair.second.reset();
  auto received = receive_all(pair.first.get());
  end_child(child.pid(), received.has_value());
  return received;
}

}  // namespace

Result<std::vector<RingFile>> RingFiles::open(const std::string& directory,
                                              const std::vector<RingWish>& wishes) {
  const auto state =
      locks_.contains(directory) ? RingDirectoryState::kKnown : RingDirectoryState::kNew;
  auto received = run([&]() -> std::vector<std::byte> {
    answer(open_ring_directory(directory, wishes, state));
    return {};
  });
  if (received && received->tail.code == base::ErrorCode::kExists) {
    return base::fail(base::ErrorCode::kExists, received->tail.error);
  }
  const std::string why = received ? received->tail.error : received.error().message;
  if (!why.empty()) {
    diag_.warn(
        "the rings of ring.directory {} are in memory and will not outlive the container: {}",
        directory, why);
    return std::vector<RingFile>{};
  }
  for (const std::string& message : received->tail.messages) {
    diag_.warn("{}", message);
  }
  RingDirectory& opened = received->directory;
  if (state == RingDirectoryState::kNew) {
    locks_[directory] = std::move(opened.lock);
    if (!has_records_) {
      records_ = std::move(opened.records);
      has_records_ = true;
    }
  }
  return std::move(opened.rings);
}

void RingFiles::remove(const std::string& path) {
  const auto begun = helpers_.run(
      [path]() -> std::vector<std::byte> {
        ::unlink(path.c_str());
        return {std::byte{1}};
      },
      [](const HelperChild::Answer& /*answer*/) {});
  if (!begun) {
    diag_.warn("cannot remove {}: {}", path, begun.error().message);
  }
}

void RingFiles::set_aside(const std::string& path) {
  const auto received = run([path]() -> std::vector<std::byte> {
    const auto aside = set_ring_aside(path);
    send('t',
         Tail{.error = {},
              .code = {},
              .messages = {aside ? fmt::format("it is now {}", *aside) : aside.error().message}},
         {});
    return {};
  });
  if (received) {
    for (const std::string& message : received->tail.messages) {
      diag_.warn("{}", message);
    }
  }
}

std::map<std::string, KeptFd> RingFiles::take_state() const {
  std::map<std::string, KeptFd> kept;
  for (const auto& [directory, lock] : locks_) {
    kept[directory] = keep(lock);
  }
  return kept;
}

base::Result<void> RingFiles::restore(const std::map<std::string, KeptFd>& kept, ArrivingFds& fds) {
  for (const auto& [directory, lock] : kept) {
    TRY_ASSIGN(locks_[directory], fds.take(lock));
  }
  has_records_ = !locks_.empty();  // the router link has them
  return {};
}

}  // namespace supervisor
