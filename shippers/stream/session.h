// One connection's life as its destination sees it: requests go in, each is confirmed or is not.
//
// Two kinds: nobody answers (stream_session.h), or the protocol does (dialogue_session.h).
// Threads: one owner, which polls fd() for poll_events() until due_at_ns() between two steps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace shippers {

/// The messages of one request, behind each other; `ends` are their ends.
struct StreamRequest {
  std::uint64_t id = 0;
  std::string key;  // what its events are grouped by
  std::string bytes;
  std::vector<std::size_t> ends;
};

/// A request whose connection has ended too early.
struct Unconfirmed {
  std::uint64_t id = 0;
  std::uint32_t messages = 0;
  std::uint32_t arrived = 0;  // the first of them that were confirmed all the same
};

class Session {
 public:
  virtual ~Session() = default;

  /// While is_open().
  virtual void add(const StreamRequest& request, std::uint64_t now_ns) = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  [[nodiscard]] virtual bool has_ended() const = 0;

  /// All that can be done without waiting. `hurry`: somebody waits for the answers.
  virtual void step(bool hurry, std::uint64_t now_ns) = 0;

  /// -1: there is nothing to poll for, only due_at_ns().
  [[nodiscard]] virtual int fd() const = 0;
  [[nodiscard]] virtual short poll_events() const = 0;
  [[nodiscard]] virtual std::uint64_t due_at_ns() const = 0;

  /// Ids, each once.
  [[nodiscard]] virtual std::vector<std::uint64_t> take_confirmed() = 0;
  /// When it has ended: those that were not confirmed, and why.
  [[nodiscard]] virtual std::vector<Unconfirmed> unconfirmed() const = 0;
  [[nodiscard]] virtual const std::optional<base::Error>& error() const = 0;
};

}  // namespace shippers
