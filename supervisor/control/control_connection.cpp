#include "supervisor/control/control_connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/unix_socket.h"
#include "supervisor/control/protocol.h"

namespace supervisor {

namespace {

/// One sendmsg; descriptors go with the first byte. Returns as sendmsg does.
ssize_t send_part(int socket, std::string_view bytes, std::span<const base::Fd> fds) {
  ASSERT(fds.size() <= OutputChunk::kFdsMax);
  iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(OutputChunk::kFdsMax * sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    std::array<int, OutputChunk::kFdsMax> numbers{};
    std::ranges::transform(fds, numbers.begin(), &base::Fd::get);
    base::put_rights(header, control, std::span(numbers).first(fds.size()));
  }
  return ::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

ControlConnection::ControlConnection(base::Loop& loop, base::Fd socket, const ControlLimits& limits,
                                     std::uint64_t now_ns)
    : loop_(loop), limits_(limits), socket_(std::move(socket)) {
  enter(Phase::kReading, limits.request_ms, now_ns);
}

base::Result<void> ControlConnection::watch(base::Poll::Callback callback) {
  callback_ = std::move(callback);
  if (watch_for(base::Poll::kReadable) == Next::kClose) {
    return base::fail(base::ErrorCode::kSystem, "cannot watch a control client");
  }
  return {};
}

ControlConnection::Next ControlConnection::on_ready(int events, std::uint64_t now_ns) {
  if (events == 0) {
    return Next::kClose;
  }
  switch (phase_) {
    case Phase::kReading:
      return read_request();
    case Phase::kWaiting:
      return discard_input();
    case Phase::kWriting:
      return flush(now_ns);
    case Phase::kFollowing:
      return is_hungry() ? discard_input() : flush(now_ns);
  }
  return Next::kClose;
}

ControlConnection::Next ControlConnection::answer(Answer answer, std::uint64_t now_ns) {
  std::size_t total = 0;
  for (const OutputChunk& chunk : answer.chunks) {
    total += chunk.bytes.size();
  }
  if (total > limits_.reply_bytes) {
    answer = make_error_answer({.code = base::ErrorCode::kLimit,
                                .sys_errno = 0,
                                .message = fmt::format("cannot answer: {} bytes are over the limit "
                                                       "of {}",
                                                       total, limits_.reply_bytes)});
  }
  hold_.reset();
  std::ranges::move(answer.chunks, std::back_inserter(output_));
  enter(Phase::kWriting, limits_.reply_ms, now_ns);
  return flush(now_ns);
}

void ControlConnection::hold(Hold hold, std::uint64_t now_ns) {
  enter(Phase::kWaiting, hold.timeout_ms, now_ns);
  hold_ = std::move(hold);
}

void ControlConnection::follow(EventCursor cursor, std::uint64_t now_ns) {
  enter(Phase::kFollowing, 0, now_ns);
  deadline_ns_ = UINT64_MAX;
  cursor_ = std::move(cursor);
}

ControlConnection::Next ControlConnection::feed(std::string lines, std::uint64_t now_ns) {
  output_.push_back({.bytes = std::move(lines), .fds = {}});
  return flush(now_ns);
}

void ControlConnection::enter(Phase phase, std::uint64_t timeout_ms, std::uint64_t now_ns) {
  phase_ = phase;
  since_ns_ = now_ns;
  deadline_ns_ = now_ns + timeout_ms * base::kNsPerMs;
}

ControlConnection::Next ControlConnection::read_request() {
  std::array<char, 4096> buffer;
  const std::size_t room = std::min(buffer.size(), limits_.request_bytes + 1 - request_.size());
  const ssize_t got = ::recv(socket_.get(), buffer.data(), room, MSG_DONTWAIT);
  if (got < 0) {
    return errno == EAGAIN || errno == EINTR ? Next::kKeep : Next::kClose;
  }
  if (got == 0) {
    return request_.empty() ? Next::kClose : Next::kHalfLine;
  }
  const std::string_view part(buffer.data(), static_cast<std::size_t>(got));
  const std::size_t end = part.find('\n');
  request_ += part.substr(0, end);
  if (request_.size() > limits_.request_bytes) {
    return Next::kTooLong;
  }
  return end == std::string_view::npos ? Next::kKeep : Next::kRequest;
}

ControlConnection::Next ControlConnection::discard_input() {
  std::array<char, 4096> buffer;
  const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) {
    return errno == EAGAIN || errno == EINTR ? Next::kKeep : Next::kClose;
  }
  if (got == 0) {
    // An end of file stays readable: watching on would spin the loop. Whether the peer only shut
    // down its side or is gone is visible now; later only when the answer is written.
    input_ended_ = true;
    return peer_is_gone() ? Next::kClose : watch_for(std::nullopt);
  }
  discarded_bytes_ += static_cast<std::size_t>(got);
  return discarded_bytes_ > limits_.request_bytes ? Next::kClose : Next::kKeep;
}

bool ControlConnection::peer_is_gone() const {
  pollfd look{.fd = socket_.get(), .events = 0, .revents = 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

ControlConnection::Next ControlConnection::flush(std::uint64_t now_ns) {
  while (!output_.empty()) {
    OutputChunk& chunk = output_.front();
    const std::string_view rest = std::string_view(chunk.bytes).substr(sent_of_first_);
    const ssize_t sent = send_part(socket_.get(), rest, chunk.fds);
    if (sent < 0 && errno == EINTR) {
      continue;
    }
    if (sent < 0) {
      return errno == EAGAIN ? watch_for(base::Poll::kWritable) : Next::kClose;
    }
    chunk.fds.clear();
    sent_of_first_ += static_cast<std::size_t>(sent);
    if (sent_of_first_ == chunk.bytes.size()) {
      output_.pop_front();
      sent_of_first_ = 0;
    }
    since_ns_ = now_ns;
    deadline_ns_ =
        phase_ == Phase::kFollowing ? UINT64_MAX : now_ns + limits_.reply_ms * base::kNsPerMs;
  }
  if (phase_ != Phase::kFollowing) {
    return Next::kClose;
  }
  return watch_for(input_ended_ ? std::nullopt : std::optional(base::Poll::kReadable));
}

ControlConnection::Next ControlConnection::watch_for(std::optional<base::Poll::Events> events) {
  if (!events) {
    poll_.reset();
  } else if (poll_) {
    poll_->set_events(*events);
  } else {
    auto opened = base::Poll::open(loop_, socket_.get(), *events, callback_);
    if (!opened) {
      return Next::kClose;
    }
    poll_.emplace(*std::move(opened));
  }
  return Next::kKeep;
}

}  // namespace supervisor
