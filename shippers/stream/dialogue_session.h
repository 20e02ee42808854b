// A connection to a receiver that answers: what it confirms is delivered, the rest goes over
// another one.
//
//     state   by                      what happens
//     open    add()                   written as soon as the dialogue is ready, behind the others
//             anything it says        the time that it has begins anew
//             nothing for `timeout`   ended with an error, when something is unconfirmed
//             nothing to do           ended after kIdleNs, without an error
//             its end                 ended; with an error when something is unconfirmed
//
// Requests do not wait for each other: the destination's concurrency bounds how many are open.
// Threads: one owner.
#pragma once

#include <deque>
#include <memory>

#include "shippers/stream/connection.h"
#include "shippers/stream/dialogue.h"
#include "shippers/stream/session.h"

namespace shippers {

struct DialogueLimits {
  static constexpr std::uint64_t kIdleNs = 30'000'000'000;  // receivers end what is idle for 60 s
  static constexpr std::size_t kInputBytes = 256U << 10U;   // that make no whole message
};

class DialogueSession final : public Session {
 public:
  DialogueSession(std::unique_ptr<Connection> connection, std::unique_ptr<Dialogue> dialogue,
                  std::uint64_t timeout_ns, std::uint64_t now_ns);

  void add(const StreamRequest& request, std::uint64_t now_ns) override;
  [[nodiscard]] bool is_open() const override { return !ended_; }
  [[nodiscard]] bool has_ended() const override { return ended_; }
  void step(bool hurry, std::uint64_t now_ns) override;
  [[nodiscard]] int fd() const override { return connection_->fd(); }
  [[nodiscard]] short poll_events() const override;
  [[nodiscard]] std::uint64_t due_at_ns() const override { return due_at_ns_; }
  [[nodiscard]] std::vector<std::uint64_t> take_confirmed() override;
  [[nodiscard]] std::vector<Unconfirmed> unconfirmed() const override;
  [[nodiscard]] const std::optional<base::Error>& error() const override { return error_; }

 private:
  void receive(std::uint64_t now_ns);
  void understand();
  void begin_requests();
  void send(std::uint64_t now_ns);
  void look_at_clock(std::uint64_t now_ns);
  void say(std::string bytes);
  void fail(base::Error error);
  void fail(std::string why);

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Dialogue> dialogue_;
  std::uint64_t timeout_ns_;
  std::deque<StreamRequest> waiting_;  // until the dialogue is ready
  std::deque<std::string> outgoing_;   // addresses of bytes stay
  std::size_t written_ = 0;            // of the first
  std::string input_;                  // what is no whole message yet
  std::vector<Unconfirmed> open_;      // in order
  std::vector<std::uint64_t> confirmed_;
  std::optional<base::Error> error_;
  std::uint64_t moved_ns_;  // when something was added, written or read
  std::uint64_t due_at_ns_ = 0;
  bool ended_ = false;
};

}  // namespace shippers
