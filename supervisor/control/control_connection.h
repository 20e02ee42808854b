// One client of the control socket: its request as far as it has come, its answer as far as it is
// sent. It decides nothing; the server does, from what on_ready() and answer() return.
//
// Reading -> (Waiting ->) Writing -> gone, or Reading -> Following, which ends when the client
// goes. While a client waits, whatever it still sends is thrown away up to `request_bytes`, then it
// is dropped. A client that has shut down its writing side only
// (`printf ... | nc -N -U`) is answered; one that has gone is noticed and dropped.
// Invariant: the poll watches exactly what the phase needs, so an idle or half-closed peer costs no
// wake-up. Threads: the loop's. Owner: ControlServer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/loop.h"
#include "supervisor/control/request_handler.h"

namespace supervisor {

class ControlConnection {
 public:
  /// In the order in which they give way to new clients.
  enum class Phase : std::uint8_t { kReading, kWriting, kWaiting, kFollowing };
  enum class Next : std::uint8_t {
    kKeep,      // nothing to do
    kRequest,   // request() is whole
    kTooLong,   // it is over the limit
    kHalfLine,  // the peer stopped in the middle of it
    kClose,     // the peer is gone, or everything is sent
  };

  ControlConnection(base::Loop& loop, base::Fd socket, const ControlLimits& limits,
                    std::uint64_t now_ns);

  /// Starts watching for the request. `callback` gets the poll's events.
  [[nodiscard]] base::Result<void> watch(base::Poll::Callback callback);

  [[nodiscard]] Next on_ready(int events, std::uint64_t now_ns);
  [[nodiscard]] std::string_view request() const { return request_; }

  /// Sends what fits and keeps the rest. An answer over `reply_bytes` becomes an error.
  [[nodiscard]] Next answer(Answer answer, std::uint64_t now_ns);
  void hold(Hold hold, std::uint64_t now_ns);
  void follow(EventCursor cursor, std::uint64_t now_ns);
  /// The next lines for a follower, once it is_hungry().
  [[nodiscard]] Next feed(std::string lines, std::uint64_t now_ns);
  [[nodiscard]] bool is_hungry() const { return phase_ == Phase::kFollowing && output_.empty(); }
  [[nodiscard]] EventCursor& cursor() { return cursor_; }

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] const std::optional<Hold>& held() const { return hold_; }
  [[nodiscard]] std::uint64_t since_ns() const { return since_ns_; }
  [[nodiscard]] std::uint64_t deadline_ns() const { return deadline_ns_; }
  [[nodiscard]] int socket() const { return socket_.get(); }

 private:
  void enter(Phase phase, std::uint64_t timeout_ms, std::uint64_t now_ns);
  Next read_request();
  Next discard_input();
  Next flush(std::uint64_t now_ns);
  Next watch_for(std::optional<base::Poll::Events> events);
  [[nodiscard]] bool peer_is_gone() const;

  base::Loop& loop_;
  const ControlLimits& limits_;
  base::Fd socket_;
  std::optional<base::Poll> poll_;  // after the socket: it must go first
  base::Poll::Callback callback_;
  Phase phase_ = Phase::kReading;
  std::uint64_t since_ns_ = 0;
  std::uint64_t deadline_ns_ = 0;
  std::string request_;
  std::size_t discarded_bytes_ = 0;
  bool input_ended_ = false;  // the peer has shut down its writing side
  EventCursor cursor_;
  std::optional<Hold> hold_;
  std::deque<OutputChunk> output_;
  std::size_t sent_of_first_ = 0;
};

}  // namespace supervisor
