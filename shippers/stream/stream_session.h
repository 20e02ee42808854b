// A connection to a receiver that answers nothing: requests are written to it one after another,
// and each is confirmed.
//
//     state      by                             what happens
//     open       add()                          the request is written behind the others
//     finishing  confirm = close: all written,  our side is ended; the receiver, when it has read
//                and hurry or kHoldNs           all, ends its own, and that confirms every request
//     ended      the receiver's end, an error   what is unconfirmed has to go over another one
//
// confirm = sent: a request is confirmed when the receiver's kernel has acknowledged its bytes;
// what its program had not read when it died is lost. Datagrams are confirmed when they are sent.
// Threads: one owner.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "logging/stream_config.h"
#include "shippers/stream/connection.h"
#include "shippers/stream/framing.h"
#include "shippers/stream/session.h"

namespace shippers {

struct StreamLimits {
  static constexpr std::uint64_t kHoldNs = 2'000'000'000;    // answers wait for more requests
  static constexpr std::uint64_t kIdleNs = 60'000'000'000;   // an unused connection is closed
  static constexpr std::uint64_t kLookAgainNs = 10'000'000;  // at what the kernel does not tell
  static constexpr std::size_t kWriteBytes = 64U << 10U;     // of one write()
  static constexpr std::uint64_t kRequestBytes = 256U << 10U;
  static constexpr std::uint32_t kRequests = 4;  // of one connection; a slow reader has to read all
};

class StreamSession final : public Session {
 public:
  struct Options {
    Framing framing = Framing::kNewline;
    logging::Confirm confirm = logging::Confirm::kClose;
    std::uint64_t timeout_ns = 30'000'000'000;
  };
  StreamSession(std::unique_ptr<Connection> connection, const Options& options,
                std::uint64_t now_ns);

  void add(const StreamRequest& request, std::uint64_t now_ns) override;
  [[nodiscard]] bool is_open() const override { return state_ == State::kOpen; }
  [[nodiscard]] bool has_ended() const override { return state_ == State::kEnded; }
  void step(bool hurry, std::uint64_t now_ns) override;
  [[nodiscard]] int fd() const override { return peer_ended_ ? -1 : connection_->fd(); }
  [[nodiscard]] short poll_events() const override;
  [[nodiscard]] std::uint64_t due_at_ns() const override { return due_at_ns_; }
  [[nodiscard]] std::vector<std::uint64_t> take_confirmed() override;
  [[nodiscard]] std::vector<Unconfirmed> unconfirmed() const override;
  [[nodiscard]] const std::optional<base::Error>& error() const override { return error_; }

 private:
  enum class State { kOpen, kFinishing, kEnded };
  struct Outgoing {
    std::uint64_t id = 0;
    std::string bytes;
    std::vector<std::size_t> ends;  // of datagrams
    std::uint32_t messages = 0;
    std::size_t written = 0;
    std::size_t next_end = 0;  // index
  };

  void step_open(bool hurry, std::uint64_t now_ns);
  void step_finishing(std::uint64_t now_ns);
  void write(std::uint64_t now_ns);
  [[nodiscard]] bool write_some(Outgoing& outgoing, std::uint64_t now_ns);
  void watch_peer();
  void confirm_written(std::uint64_t now_ns);
  void confirm_all();
  void fail(base::Error error);
  void fail(std::string why);

  std::unique_ptr<Connection> connection_;
  Options options_;
  State state_ = State::kOpen;
  std::deque<Outgoing> outgoing_;  // what is not confirmed; addresses of bytes stay
  std::size_t written_ = 0;        // how many of them are written
  std::vector<std::uint64_t> confirmed_;
  std::optional<base::Error> error_;
  std::uint64_t moved_ns_ = 0;       // when something was added or written
  std::uint64_t held_since_ns_ = 0;  // the oldest that is not confirmed; 0: none
  std::uint64_t due_at_ns_ = 0;
  bool peer_ended_ = false;  // its end would be ready to read for ever
};

}  // namespace shippers
