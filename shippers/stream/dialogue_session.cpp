#include "shippers/stream/dialogue_session.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace shippers {

DialogueSession::DialogueSession(std::unique_ptr<Connection> connection,
                                 std::unique_ptr<Dialogue> dialogue, std::uint64_t timeout_ns,
                                 std::uint64_t now_ns)
    : connection_(std::move(connection)),
      dialogue_(std::move(dialogue)),
      timeout_ns_(timeout_ns),
      moved_ns_(now_ns) {}

void DialogueSession::add(const StreamRequest& request, std::uint64_t now_ns) {
  ASSERT(!ended_);
  open_.push_back({.id = request.id, .messages = static_cast<std::uint32_t>(request.ends.size())});
  waiting_.push_back(request);
  moved_ns_ = now_ns;
}

void DialogueSession::step(bool /*hurry*/, std::uint64_t now_ns) {
  if (auto failure = dialogue_->failure()) {
    fail(std::move(*failure));
    return;
  }
  receive(now_ns);
  if (!ended_) {
    begin_requests();
    send(now_ns);
  }
  if (!ended_) {
    look_at_clock(now_ns);
  }
}

void DialogueSession::receive(std::uint64_t now_ns) {
  std::array<char, 16'384> part{};
  while (!ended_) {
    const auto received = connection_->read(part);
    if (!received) {
      fail(received.error());
      return;
    }
    if (received->bytes == 0) {
      if (received->ended && !open_.empty()) {
        fail("the receiver closed the connection");
      }
      ended_ = ended_ || received->ended;
      return;
    }
    moved_ns_ = now_ns;
    input_.append(part.data(), received->bytes);
    understand();
  }
}

void DialogueSession::understand() {
  std::string reply;
  if (const auto understood = dialogue_->read(input_, reply); !understood) {
    fail(understood.error());
  } else if (input_.size() > DialogueLimits::kInputBytes) {
    fail("the receiver's answer has no end");
  }
  say(std::move(reply));
  for (const std::uint64_t id : dialogue_->take_confirmed()) {
    std::erase_if(open_, [id](const Unconfirmed& open) { return open.id == id; });
    confirmed_.push_back(id);
  }
}

void DialogueSession::say(std::string bytes) {
  if (!bytes.empty()) {
    outgoing_.push_back(std::move(bytes));
  }
}

void DialogueSession::begin_requests() {
  while (dialogue_->is_ready() && !waiting_.empty()) {
    std::string bytes;
    dialogue_->write(waiting_.front(), bytes);
    waiting_.pop_front();
    say(std::move(bytes));
  }
}

void DialogueSession::send(std::uint64_t now_ns) {
  constexpr std::size_t kWriteBytes = 64U << 10U;
  while (!outgoing_.empty()) {
    const std::string_view left = std::string_view(outgoing_.front()).substr(written_);
    const auto count = connection_->write(left.substr(0, kWriteBytes));
    if (!count) {
      fail(count.error());
      return;
    }
    if (*count == 0) {
      return;
    }
    moved_ns_ = now_ns;
    written_ += *count;
    if (written_ == outgoing_.front().size()) {
      outgoing_.pop_front();
      written_ = 0;
    }
  }
}

void DialogueSession::look_at_clock(std::uint64_t now_ns) {
  if (open_.empty()) {
    due_at_ns_ = moved_ns_ + DialogueLimits::kIdleNs;
    ended_ = now_ns >= due_at_ns_;
    return;
  }
  due_at_ns_ = moved_ns_ + timeout_ns_;
  if (now_ns >= due_at_ns_) {
    fail(outgoing_.empty() ? "the receiver does not answer" : "the receiver takes nothing");
  }
}

void DialogueSession::fail(base::Error error) {
  error_ = std::move(error);
  ended_ = true;
}

void DialogueSession::fail(std::string why) {
  fail(base::fail(base::ErrorCode::kUnavailable, "cannot send: " + std::move(why)).value());
}

short DialogueSession::poll_events() const {
  return static_cast<short>(POLLIN | (outgoing_.empty() ? 0 : POLLOUT));
}

std::vector<Unconfirmed> DialogueSession::unconfirmed() const {
  std::vector<Unconfirmed> requests = open_;
  for (Unconfirmed& request : requests) {
    request.arrived = dialogue_->confirmed_messages(request.id);
  }
  return requests;
}

std::vector<std::uint64_t> DialogueSession::take_confirmed() {
  return std::exchange(confirmed_, {});
}

}  // namespace shippers
