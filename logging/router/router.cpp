#include "logging/router/router.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <optional>

#include "base/clock.h"
#include "base/fd.h"
#include "base/unix_socket.h"
#include "logging/handoff/handoff_messages.h"
#include "logging/router/graph.h"

namespace logging {

namespace {

constexpr std::uint64_t kOrphanDrainNs = 10 * base::kNsPerSecond;
constexpr std::size_t kConfigBytesMax = 16U << 20U;

base::Unexpected unexpected_message(std::string_view what) {
  return base::fail(base::ErrorCode::kDamaged,
                    std::string("cannot follow the handoff: ").append(what));
}

base::Result<RouterConfig> read_config(int fd, std::uint64_t bytes) {
  if (bytes == 0 || bytes > kConfigBytesMax) {
    return unexpected_message("the configuration has an impossible size");
  }
  TRY_ASSIGN(const base::Mapping mapping,
             base::Mapping::map(fd, 0, static_cast<std::size_t>(bytes), base::Access::kRead));
  return base::Decoder::decode<RouterConfig>(
      std::span<const std::byte>(mapping.data(), static_cast<std::size_t>(bytes)));
}

/// The router's end of the handoff: one message at a time, and the drain.
class Session {
 public:
  Session(int socket, const SinkFactory& factory, base::Diag& diag, const ConfigHook& on_config)
      : socket_(socket), factory_(factory), diag_(diag), on_config_(on_config) {}

  /// Until PID 1 has closed the socket and everything is delivered, or an error.
  [[nodiscard]] base::Result<void> run();

 private:
  enum class Drain { kNone, kReading, kDelivering, kDone };

  [[nodiscard]] base::Result<void> receive();
  [[nodiscard]] base::Result<void> handle(base::Message& message);
  [[nodiscard]] base::Result<void> on_hello(base::Message& message);
  [[nodiscard]] base::Result<void> on_service(base::Message& message);
  [[nodiscard]] base::Result<void> on_dead_letters(base::Message& message);
  [[nodiscard]] base::Result<void> on_running(MessageKind kind, base::Message& message);
  void on_closed();
  void on_events();
  void begin_drain(std::uint64_t deadline_ns);
  void look_at_drain();
  void check_hang();
  void wait(std::array<pollfd, 3>& polls) const;

  template <typename M>
  void send(const M& message) {
    outbox_.push_back(encode_message(message));
    flush();
  }
  void flush();

  int socket_;
  const SinkFactory& factory_;
  base::Diag& diag_;
  const ConfigHook& on_config_;
  EventQueue events_;
  base::Fd message_pipe_;
  std::unique_ptr<Graph> graph_;
  bool running_ = false;
  bool closed_ = false;
  bool retiring_ = false;  // another router goes on
  Drain drain_ = Drain::kNone;
  bool drain_complete_ = false;
  std::uint64_t drain_deadline_ns_ = 0;
  std::deque<std::vector<std::byte>> outbox_;
};

base::Result<void> Session::run() {
  TRY(events_.open());
  TRY(base::set_nonblocking(socket_, true));
  while (drain_ != Drain::kDone || !(closed_ || retiring_)) {
    std::array<pollfd, 3> polls{};
    wait(polls);
    if (!closed_ && polls[0].revents != 0) {
      flush();
      TRY(receive());
    }
    if (polls[1].revents != 0) {
      on_events();
    }
    if (polls[2].revents != 0) {
      check_hang();
    }
    look_at_drain();
  }
  if (graph_ != nullptr && !drain_complete_) {
    // A thread may be stuck in a dead file system and would never join. All that matters is in
    // memory that PID 1 holds.
    ::_exit(EXIT_SUCCESS);
  }
  return {};
}

void Session::wait(std::array<pollfd, 3>& polls) const {
  const int out = outbox_.empty() ? 0 : POLLOUT;
  polls[0] = {
      .fd = closed_ ? -1 : socket_, .events = static_cast<short>(POLLIN | out), .revents = 0};
  polls[1] = {.fd = events_.fd(), .events = POLLIN, .revents = 0};
  polls[2] = {.fd = graph_ == nullptr ? -1 : graph_->hang_watch().timer_fd(),
              .events = POLLIN,
              .revents = 0};
  int timeout_ms = -1;
  if (drain_ == Drain::kReading || drain_ == Drain::kDelivering) {
    const std::uint64_t now_ns = base::monotonic_ns();
    const std::uint64_t left_ns = drain_deadline_ns_ > now_ns ? drain_deadline_ns_ - now_ns : 0;
    timeout_ms = static_cast<int>(std::min<std::uint64_t>(left_ns / base::kNsPerMs + 1, 3'600'000));
  }
  ::poll(polls.data(), polls.size(), timeout_ms);
}

base::Result<void> Session::receive() {
  for (;;) {
    auto received = base::receive_message(socket_);
    if (!received) {
      // Both are the end of PID 1, or its wish: it closed the socket.
      if (received.error().code == base::ErrorCode::kUnavailable) {
        on_closed();
        return {};
      }
      return base::Unexpected(received.error());
    }
    if (!received->has_value()) {
      return {};
    }
    TRY(handle(**received));
  }
}

base::Result<void> Session::handle(base::Message& message) {
  TRY_ASSIGN(const MessageKind kind, message_kind(message.bytes));
  if ((kind == MessageKind::kHello) != (graph_ == nullptr)) {
    return unexpected_message("Hello must come first and once");
  }
  switch (kind) {
    case MessageKind::kHello:
      return on_hello(message);
    case MessageKind::kService:
      return on_service(message);
    case MessageKind::kDeadLetters:
      return on_dead_letters(message);
    case MessageKind::kGo:
      if (running_) {
        return unexpected_message("Go came twice");
      }
      graph_->start();
      running_ = true;
      send(ReadyMessage{});
      return {};
    default:
      return on_running(kind, message);
  }
}

base::Result<void> Session::on_hello(base::Message& message) {
  TRY_ASSIGN(const auto hello, decode_message<HelloMessage>(message.bytes));
  if (message.fds.size() != 5 && message.fds.size() != 6) {
    return unexpected_message("Hello needs five descriptors, or six");
  }
  TRY_ASSIGN(RouterState state, RouterState::open(message.fds[0].get()));
  if (message.fds.size() == 6) {
    TRY(state.set_records(message.fds[5].get()));
  }
  TRY_ASSIGN(RouterConfig config, read_config(message.fds[1].get(), hello.config_bytes));
  message_pipe_ = std::move(message.fds[4]);
  diag_.redirect(message_pipe_.get(), "");
  if (on_config_) {
    on_config_(config);
  }
  graph_ = std::make_unique<Graph>(std::move(config), std::move(state), events_, diag_);
  if (hello.last_was_killed) {
    graph_->set_last_was_killed();
  }
  return graph_->open({.read = std::move(message.fds[2]), .write = std::move(message.fds[3])},
                      factory_);
}

base::Result<void> Session::on_service(base::Message& message) {
  TRY_ASSIGN(const auto service, decode_message<ServiceMessage>(message.bytes));
  const auto added = graph_->add_service(service, std::move(message.fds));
  if (!added && added.error().code != base::ErrorCode::kDamaged) {
    return base::Unexpected(added.error());
  }
  send(AckMessage{.service_id = service.service_id,
                  .accepted = added.has_value(),
                  .error = added ? "" : added.error().message});
  return {};
}

base::Result<void> Session::on_dead_letters(base::Message& message) {
  TRY_ASSIGN(const auto letters, decode_message<DeadLettersMessage>(message.bytes));
  if (message.fds.size() != 1 || running_) {
    return unexpected_message("DeadLetters needs one descriptor, before Go");
  }
  graph_->add_dead_letters(letters, std::move(message.fds[0]));
  return {};
}

base::Result<void> Session::on_running(MessageKind kind, base::Message& message) {
  if (!running_) {
    return unexpected_message("a request came before Go");
  }
  switch (kind) {
    case MessageKind::kPipe: {
      TRY_ASSIGN(const auto pipe, decode_message<PipeMessage>(message.bytes));
      if (message.fds.size() != 1) {
        return unexpected_message("Pipe needs one descriptor");
      }
      return graph_->add_pipe(pipe, std::move(message.fds[0]));
    }
    case MessageKind::kClosePipe: {
      TRY_ASSIGN(const auto close, decode_message<ClosePipeMessage>(message.bytes));
      graph_->close_pipe(close);
      return {};
    }
    case MessageKind::kAwaitLine: {
      TRY_ASSIGN(const auto await, decode_message<AwaitLineMessage>(message.bytes));
      graph_->await_line(await);
      return {};
    }
    case MessageKind::kReopen:
      graph_->reopen();
      return {};
    case MessageKind::kRotate: {
      TRY_ASSIGN(const auto rotate, decode_message<RotateMessage>(message.bytes));
      graph_->rotate(rotate.sink);
      return {};
    }
    case MessageKind::kTap: {
      TRY_ASSIGN(const auto tap, decode_message<TapMessage>(message.bytes));
      if (message.fds.size() != 1) {
        return unexpected_message("Tap needs one descriptor");
      }
      graph_->tap(tap.sink, std::move(message.fds[0]));
      return {};
    }
    case MessageKind::kSpool: {
      TRY_ASSIGN(const auto spool, decode_message<SpoolMessage>(message.bytes));
      if (message.fds.size() != 1) {
        return unexpected_message("Spool needs one descriptor");
      }
      graph_->manage_spool(spool, std::move(message.fds[0]));
      return {};
    }
    case MessageKind::kDrain: {
      TRY_ASSIGN(const auto drain, decode_message<DrainMessage>(message.bytes));
      if (!retiring_) {
        begin_drain(drain.deadline_monotonic_ns);
      }
      return {};
    }
    case MessageKind::kRetire: {
      TRY_ASSIGN(const auto retire, decode_message<RetireMessage>(message.bytes));
      retiring_ = true;
      drain_ = Drain::kDelivering;
      drain_deadline_ns_ = retire.deadline_monotonic_ns;
      graph_->begin_retiring();
      return {};
    }
    default:
      return unexpected_message("a message that only the router sends");
  }
}

/// Without PID 1 nobody will start another router: deliver what there is, then end.
void Session::on_closed() {
  closed_ = true;
  if (!running_) {
    drain_ = Drain::kDone;
    drain_complete_ = true;
  } else if (drain_ != Drain::kReading && drain_ != Drain::kDelivering) {
    begin_drain(base::monotonic_ns() + kOrphanDrainNs);
  }
}

void Session::begin_drain(std::uint64_t deadline_ns) {
  drain_ = Drain::kReading;
  drain_deadline_ns_ = deadline_ns;
  graph_->begin_drain();
}

void Session::on_events() {
  for (const IntakeEvent& event : events_.take()) {
    switch (event.kind) {
      case IntakeEvent::Kind::kPipeEnded:
        send(PipeEndedMessage{.service_id = event.service_id, .slot = event.slot});
        break;
      case IntakeEvent::Kind::kLineSeen:
        send(LineSeenMessage{.service_id = event.service_id, .incarnation = event.incarnation});
        break;
      case IntakeEvent::Kind::kDrained:
        if (drain_ == Drain::kReading) {
          drain_ = Drain::kDelivering;
          graph_->on_intake_drained();
        }
        break;
    }
  }
}

void Session::look_at_drain() {
  if (drain_ != Drain::kReading && drain_ != Drain::kDelivering) {
    return;
  }
  const bool complete = drain_ == Drain::kDelivering && graph_->is_delivered();
  if (!complete && base::monotonic_ns() < drain_deadline_ns_) {
    return;
  }
  drain_ = Drain::kDone;
  drain_complete_ = complete;
  if (!retiring_) {
    send(DrainedMessage{.complete = complete});
  }
}

void Session::check_hang() {
  if (const std::string* name = graph_->hang_watch().check(base::monotonic_ns()); name != nullptr) {
    diag_.error("the router's thread {} hangs; starting again", *name);
    std::abort();
  }
}

void Session::flush() {
  while (!closed_ && !outbox_.empty()) {
    const auto sent = base::send_message(socket_, outbox_.front(), {});
    if (!sent && sent.error().code == base::ErrorCode::kLimit) {
      return;
    }
    outbox_.pop_front();  // when PID 1 is gone, receive() finds out
  }
}

}  // namespace

int run_router(int handoff_fd, const SinkFactory& factory, base::Diag& diag,
               const ConfigHook& on_config) {
  Session session(handoff_fd, factory, diag, on_config);
  if (const auto ended = session.run(); !ended) {
    diag.error("router: {}", ended.error().message);
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace logging
