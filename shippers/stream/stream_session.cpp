#include "shippers/stream/stream_session.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace shippers {

using logging::Confirm;

StreamSession::StreamSession(std::unique_ptr<Connection> connection, const Options& options,
                             std::uint64_t now_ns)
    : connection_(std::move(connection)), options_(options), moved_ns_(now_ns) {}

void StreamSession::add(const StreamRequest& request, std::uint64_t now_ns) {
  ASSERT(state_ == State::kOpen);
  Outgoing outgoing;
  outgoing.id = request.id;
  outgoing.messages = static_cast<std::uint32_t>(request.ends.size());
  if (connection_->is_datagram()) {
    outgoing.bytes = request.bytes;
    outgoing.ends = request.ends;
  } else {
    std::size_t from = 0;
    for (const std::size_t end : request.ends) {
      append_framed(outgoing.bytes, std::string_view(request.bytes).substr(from, end - from),
                    options_.framing);
      from = end;
    }
  }
  outgoing_.push_back(std::move(outgoing));
  moved_ns_ = now_ns;
  held_since_ns_ = held_since_ns_ != 0 ? held_since_ns_ : now_ns;
}

void StreamSession::step(bool hurry, std::uint64_t now_ns) {
  if (state_ == State::kOpen) {
    step_open(hurry, now_ns);
  }
  if (state_ == State::kFinishing) {
    step_finishing(now_ns);
  }
}

void StreamSession::step_open(bool hurry, std::uint64_t now_ns) {
  watch_peer();
  if (state_ == State::kOpen) {
    write(now_ns);
  }
  if (state_ != State::kOpen) {
    return;
  }
  if (written_ < outgoing_.size()) {
    due_at_ns_ = moved_ns_ + options_.timeout_ns;
    if (now_ns >= due_at_ns_) {
      fail("the receiver takes nothing");
    }
    return;
  }
  if (outgoing_.empty()) {
    due_at_ns_ = moved_ns_ + StreamLimits::kIdleNs;
    state_ = now_ns >= due_at_ns_ ? State::kEnded : state_;
    return;
  }
  if (connection_->is_datagram() || options_.confirm == Confirm::kSent) {
    confirm_written(now_ns);
    return;
  }
  due_at_ns_ = held_since_ns_ + StreamLimits::kHoldNs;
  if (hurry || now_ns >= due_at_ns_) {
    connection_->finish();
    moved_ns_ = now_ns;
    state_ = State::kFinishing;
  }
}

void StreamSession::write(std::uint64_t now_ns) {
  while (state_ == State::kOpen && written_ < outgoing_.size()) {
    if (!write_some(outgoing_[written_], now_ns)) {
      return;
    }
  }
}

/// False: nothing more at the moment.
bool StreamSession::write_some(Outgoing& outgoing, std::uint64_t now_ns) {
  if (outgoing.written == outgoing.bytes.size() && outgoing.next_end == outgoing.ends.size()) {
    ++written_;
    return true;
  }
  const bool is_datagram = connection_->is_datagram();
  const std::size_t end =
      is_datagram ? outgoing.ends[outgoing.next_end]
                  : std::min(outgoing.bytes.size(), outgoing.written + StreamLimits::kWriteBytes);
  const auto bytes =
      std::string_view(outgoing.bytes).substr(outgoing.written, end - outgoing.written);
  const auto count = connection_->write(bytes);
  if (!count) {
    fail(count.error());
    return false;
  }
  if (*count == 0 && !bytes.empty()) {
    return false;
  }
  outgoing.written += *count;
  outgoing.next_end += is_datagram ? 1 : 0;
  moved_ns_ = now_ns;
  return true;
}

/// A receiver that ends its side before we do has perhaps not read what was sent.
void StreamSession::watch_peer() {
  pollfd poll{.fd = connection_->fd(), .events = POLLRDHUP, .revents = 0};
  if (::poll(&poll, 1, 0) <= 0) {
    return;
  }
  int problem = 0;
  socklen_t size = sizeof(problem);
  ::getsockopt(poll.fd, SOL_SOCKET, SO_ERROR, &problem, &size);
  if (problem != 0) {
    fail(base::fail_errno("cannot send", problem).value());
  } else if ((poll.revents & (POLLRDHUP | POLLHUP)) != 0) {
    fail("the receiver closed the connection");
  }
}

/// The kernel does not tell when the other side acknowledges: it is asked again and again.
void StreamSession::confirm_written(std::uint64_t now_ns) {
  if (!connection_->is_datagram() && unconfirmed_bytes(connection_->fd()) > 0) {
    due_at_ns_ = now_ns + StreamLimits::kLookAgainNs;
    if (now_ns >= moved_ns_ + options_.timeout_ns) {
      fail("the receiver acknowledges nothing");
    }
    return;
  }
  watch_peer();  // a datagram that nobody takes is told behind its sending
  if (state_ == State::kOpen) {
    confirm_all();
    due_at_ns_ = moved_ns_ + StreamLimits::kIdleNs;
  }
}

void StreamSession::step_finishing(std::uint64_t now_ns) {
  std::array<char, 4096> ignored{};
  ssize_t count = 0;
  do {
    count = ::recv(connection_->fd(), ignored.data(), ignored.size(), MSG_DONTWAIT);
  } while (count > 0 || (count < 0 && errno == EINTR));
  if (count < 0 && errno != EAGAIN) {
    fail(base::fail_errno("cannot send").value());
    return;
  }
  peer_ended_ = count == 0;
  // A receiver that died before the last bytes came has ended its side too; it resets them.
  if (count == 0 && unconfirmed_bytes(connection_->fd()) == 0) {
    confirm_all();
    state_ = State::kEnded;
    return;
  }
  due_at_ns_ = count == 0 ? now_ns + StreamLimits::kLookAgainNs : moved_ns_ + options_.timeout_ns;
  if (now_ns >= moved_ns_ + options_.timeout_ns) {
    fail(
        "the receiver does not read to the end; if it never closes connections, use confirm = "
        "\"sent\"");
  }
}

void StreamSession::confirm_all() {
  for (const Outgoing& outgoing : outgoing_) {
    confirmed_.push_back(outgoing.id);
  }
  outgoing_.clear();
  written_ = 0;
  held_since_ns_ = 0;
}

void StreamSession::fail(base::Error error) {
  error_ = std::move(error);
  state_ = State::kEnded;
}

void StreamSession::fail(std::string why) {
  fail(base::fail(base::ErrorCode::kUnavailable, "cannot send: " + std::move(why)).value());
}

short StreamSession::poll_events() const {
  if (state_ == State::kFinishing) {
    return POLLIN;
  }
  return static_cast<short>(POLLRDHUP | (written_ < outgoing_.size() ? POLLOUT : 0));
}

std::vector<std::uint64_t> StreamSession::take_confirmed() {
  return std::exchange(confirmed_, {});
}

std::vector<Unconfirmed> StreamSession::unconfirmed() const {
  std::vector<Unconfirmed> requests;
  for (const Outgoing& outgoing : outgoing_) {
    requests.push_back({.id = outgoing.id, .messages = outgoing.messages});
  }
  return requests;
}

}  // namespace shippers
