#include "supervisor/control/control_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/unix_socket.h"
#include "supervisor/control/caller.h"
#include "supervisor/control/control_connection.h"
#include "supervisor/control/debug_fault.h"
#include "supervisor/control/request_handler.h"

namespace supervisor {

namespace {

constexpr std::uint64_t kAcceptRetryMs = 1000;  // when the process is out of descriptors

bool someone_is_at_the_door(int listener) {
  pollfd look{.fd = listener, .events = POLLIN, .revents = 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & POLLIN) != 0;
}

}  // namespace

class ControlServer::Impl {
 public:
  Impl(base::Loop& loop, base::Fd listener, ControlPort& port, const ControlAccess& access,
       const ControlLimits& limits)
      : loop_(loop),
        access_(access),
        limits_(limits),
        handler_(port, access, limits),
        listener_(std::move(listener)),
        deadline_timer_(loop, [this] { on_deadline(); }),
        review_timer_(loop, [this] { review_holds(); }),
        feed_timer_(loop, [this] { feed_followers(); }),
        accept_timer_(loop, [this] { resume_accepting(); }) {}

  base::Result<void> watch_listener() {
    TRY_ASSIGN(auto poll, base::Poll::open(loop_, listener_.get(), base::Poll::kReadable,
                                           [this](int) { accept_clients(); }));
    listener_poll_.emplace(std::move(poll));
    return {};
  }
  void on_state_change() { review_timer_.start_once(0); }
  void set_access(const ControlAccess& access) { access_ = access; }
  void on_event() { feed_timer_.start_once(0); }
  void feed_followers();
  [[nodiscard]] std::size_t client_count() const { return clients_.size(); }
  [[nodiscard]] std::vector<int> waiting_for_upgrade() const {
    std::vector<int> sockets;
    for (const auto& [id, client] : clients_) {
      if (client->held() && client->held()->upgrades) {
        sockets.push_back(client->socket());
      }
    }
    return sockets;
  }

 private:
  using Next = ControlConnection::Next;
  using Clients = std::map<std::uint64_t, std::unique_ptr<ControlConnection>>;

  void accept_clients();
  bool make_room();
  bool make_follower_room();
  void pause_accepting(std::uint64_t retry_ms);
  void resume_accepting();
  void add_client(base::Fd socket);
  void remove_client(std::uint64_t id);
  void on_client(std::uint64_t id, int events);
  void follow(std::uint64_t id, Next next);
  void answer(std::uint64_t id, Answer answer);
  void answer_error(std::uint64_t id, base::ErrorCode code, std::string message);
  void handle_request(std::uint64_t id);
  void begin_following(std::uint64_t id, EventCursor cursor);
  void feed(std::uint64_t id);
  void review_holds();
  void on_deadline();
  void expire(std::uint64_t id);
  void arm_deadline();

  base::Loop& loop_;
  ControlAccess access_;
  ControlLimits limits_;
  RequestHandler handler_;
  base::Fd listener_;
  std::optional<base::Poll> listener_poll_;  // after the listener: it must go first
  base::Timer deadline_timer_;
  base::Timer review_timer_;
  base::Timer feed_timer_;
  base::Timer accept_timer_;
  std::uint64_t next_id_ = 1;
  Clients clients_;
};

void ControlServer::Impl::accept_clients() {
  while (someone_is_at_the_door(listener_.get())) {
    if (clients_.size() >= limits_.clients && !make_room()) {
      pause_accepting(limits_.grace_ms);
      return;
    }
    base::Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.valid()) {
      add_client(std::move(socket));
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
      pause_accepting(kAcceptRetryMs);
      return;
    }
  }
}

/// Evicts the client that has had its grace and is first in the order of Phase, oldest first.
bool ControlServer::Impl::make_room() {
  const std::uint64_t now_ns = base::monotonic_ns();
  const auto rank = [](const Clients::value_type& client) {
    return std::pair(client.second->phase(), client.second->since_ns());
  };
  auto victim = clients_.end();
  for (auto client = clients_.begin(); client != clients_.end(); ++client) {
    const bool idle = client->second->phase() != ControlConnection::Phase::kFollowing &&
                      now_ns - client->second->since_ns() >= limits_.grace_ms * base::kNsPerMs;
    if (idle && (victim == clients_.end() || rank(*client) < rank(*victim))) {
      victim = client;
    }
  }
  if (victim == clients_.end()) {
    return false;
  }
  const std::uint64_t id = victim->first;
  if (victim->second->phase() != ControlConnection::Phase::kWriting) {
    answer_error(id, base::ErrorCode::kLimit,
                 fmt::format("cannot wait any longer: all {} places are taken", limits_.clients));
  }
  remove_client(id);
  return true;
}

void ControlServer::Impl::pause_accepting(std::uint64_t retry_ms) {
  listener_poll_.reset();
  accept_timer_.start_once(retry_ms);
}

void ControlServer::Impl::resume_accepting() {
  if (!listener_poll_ && !watch_listener()) {
    accept_timer_.start_once(kAcceptRetryMs);
  }
}

void ControlServer::Impl::add_client(base::Fd socket) {
  const std::uint64_t id = next_id_++;
  auto client =
      std::make_unique<ControlConnection>(loop_, std::move(socket), limits_, base::monotonic_ns());
  if (client->watch([this, id](int events) { on_client(id, events); })) {
    clients_.emplace(id, std::move(client));
    arm_deadline();
  }
}

void ControlServer::Impl::remove_client(std::uint64_t id) {
  clients_.erase(id);
  if (!listener_poll_ && clients_.size() < limits_.clients) {
    accept_timer_.start_once(0);
  }
}

void ControlServer::Impl::on_client(std::uint64_t id, int events) {
  const auto client = clients_.find(id);
  if (client != clients_.end()) {
    follow(id, client->second->on_ready(events, base::monotonic_ns()));
    feed(id);
  }
}

void ControlServer::Impl::follow(std::uint64_t id, Next next) {
  switch (next) {
    case Next::kKeep:
      break;
    case Next::kRequest:
      handle_request(id);
      return;
    case Next::kTooLong:
      answer_error(
          id, base::ErrorCode::kLimit,
          fmt::format("cannot read the request: longer than {} bytes", limits_.request_bytes));
      return;
    case Next::kHalfLine:
      answer_error(id, base::ErrorCode::kInvalid,
                   "cannot read the request: it does not end with a newline");
      return;
    case Next::kClose:
      remove_client(id);
      break;
  }
  arm_deadline();
}

void ControlServer::Impl::handle_request(std::uint64_t id) {
  ControlConnection& client = *clients_.at(id);
  const auto caller = find_caller(client.socket(), access_);
  Answer made =
      caller ? handler_.handle(client.request(), *caller) : make_error_answer(caller.error());
  if (made.hold) {
    client.hold(*std::move(made.hold), base::monotonic_ns());
    arm_deadline();
    return;
  }
  if (made.follow) {
    return begin_following(id, *std::move(made.follow));
  }
  const auto fault = made.fault;
  answer(id, std::move(made));
  if (fault) {
    commit_debug_fault(loop_, *fault);
  }
}

void ControlServer::Impl::begin_following(std::uint64_t id, EventCursor cursor) {
  if (!make_follower_room()) {
    return answer_error(id, base::ErrorCode::kLimit,
                        fmt::format("cannot follow events: all {} places are taken; without "
                                    "--follow there is always one",
                                    limits_.followers));
  }
  clients_.at(id)->follow(std::move(cursor), base::monotonic_ns());
  arm_deadline();
  feed(id);
}

/// Whether there is a place. One that reads nothing at all gives its own up, oldest first.
bool ControlServer::Impl::make_follower_room() {
  std::size_t followers = 0;
  const std::uint64_t now_ns = base::monotonic_ns();
  std::pair<std::uint64_t, std::uint64_t> stuck{now_ns, 0};
  for (const auto& [id, client] : clients_) {
    if (client->phase() == ControlConnection::Phase::kFollowing) {
      ++followers;
      stuck = client->is_hungry() ? stuck : std::min(stuck, {client->since_ns(), id});
    }
  }
  if (followers < limits_.followers) {
    return true;
  }
  if (now_ns - stuck.first < limits_.reply_ms * base::kNsPerMs) {
    return false;
  }
  remove_client(stuck.second);
  return true;
}

/// As much as the follower takes at once, in bounded parts.
void ControlServer::Impl::feed(std::uint64_t id) {
  for (auto client = clients_.find(id); client != clients_.end() && client->second->is_hungry();
       client = clients_.find(id)) {
    std::string lines = handler_.follow(client->second->cursor());
    if (lines.empty()) {
      return;
    }
    follow(id, client->second->feed(std::move(lines), base::monotonic_ns()));
  }
}

void ControlServer::Impl::feed_followers() {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, client] : clients_) {
    ids.push_back(id);
  }
  std::ranges::for_each(ids, [this](std::uint64_t id) { feed(id); });
}

void ControlServer::Impl::answer(std::uint64_t id, Answer answer) {
  follow(id, clients_.at(id)->answer(std::move(answer), base::monotonic_ns()));
}

void ControlServer::Impl::answer_error(std::uint64_t id, base::ErrorCode code,
                                       std::string message) {
  answer(id, make_error_answer({.code = code, .sys_errno = 0, .message = std::move(message)}));
}

void ControlServer::Impl::review_holds() {
  std::vector<std::pair<std::uint64_t, Answer>> answers;
  for (const auto& [id, client] : clients_) {
    if (client->held()) {
      if (auto answer = handler_.review(*client->held())) {
        answers.emplace_back(id, *std::move(answer));
      }
    }
  }
  for (auto& [id, made] : answers) {
    answer(id, std::move(made));
  }
}

void ControlServer::Impl::on_deadline() {
  const std::uint64_t now_ns = base::monotonic_ns();
  std::vector<std::uint64_t> late;
  for (const auto& [id, client] : clients_) {
    if (client->deadline_ns() <= now_ns) {
      late.push_back(id);
    }
  }
  for (const std::uint64_t id : late) {
    expire(id);
  }
  arm_deadline();
}

void ControlServer::Impl::expire(std::uint64_t id) {
  const ControlConnection& client = *clients_.at(id);
  switch (client.phase()) {
    case ControlConnection::Phase::kReading:
      answer_error(
          id, base::ErrorCode::kTimeout,
          fmt::format("cannot read the request: it did not come within {} ms", limits_.request_ms));
      return;
    case ControlConnection::Phase::kWaiting:
      answer(id, handler_.time_out(*client.held()));
      return;
    case ControlConnection::Phase::kWriting:
      remove_client(id);
      return;
    case ControlConnection::Phase::kFollowing:
      return;  // it has no deadline
  }
}

void ControlServer::Impl::arm_deadline() {
  std::uint64_t earliest_ns = UINT64_MAX;
  for (const auto& [id, client] : clients_) {
    earliest_ns = std::min(earliest_ns, client->deadline_ns());
  }
  if (earliest_ns == UINT64_MAX) {
    deadline_timer_.stop();
    return;
  }
  const std::uint64_t now_ns = base::monotonic_ns();
  const std::uint64_t left_ns = earliest_ns > now_ns ? earliest_ns - now_ns : 0;
  deadline_timer_.start_once(left_ns / base::kNsPerMs + 1);
}

base::Result<std::unique_ptr<ControlServer>> ControlServer::open(base::Loop& loop,
                                                                 base::Fd listener,
                                                                 ControlPort& port,
                                                                 const ControlAccess& access,
                                                                 const ControlLimits& limits) {
  auto impl = std::make_unique<Impl>(loop, std::move(listener), port, access, limits);
  TRY(impl->watch_listener());
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlServer::~ControlServer() = default;

void ControlServer::set_access(const ControlAccess& access) {
  impl_->set_access(access);
}

void ControlServer::on_state_change() {
  impl_->on_state_change();
}

void ControlServer::on_event() {
  impl_->on_event();
}

void ControlServer::flush_followers() {
  impl_->feed_followers();
}

std::size_t ControlServer::client_count() const {
  return impl_->client_count();
}

std::vector<int> ControlServer::waiting_for_upgrade() const {
  return impl_->waiting_for_upgrade();
}

}  // namespace supervisor
