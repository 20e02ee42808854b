// What has happened, for `birl events`: the last events since boot, numbered from 1 without holes.
//
// An event is kept as the line of JSON that it is told as:
//
//     {"sequence":7,"time":"2024-01-02T03:04:05.678Z","service":"web","event":"backoff",
//      "state":"backoff","pid":null,"exit_code":1,"signal":null,"reason":"exited with code 1",
//      "delay_ms":100}
//
// Names of members and events are a contract with scripts (README.md of this folder has the list).
// The first nine members are always there; `service` is null for birl itself.
// Memory is bounded by count and by bytes; the oldest events go. A reader has a cursor and no place
// here: however slow it is, it costs nothing, and what went before it was read is told to it as an
// event `gap` with the count `missed` and the number of the last missed one.
// Threads: the loop's. Owner: Instance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace supervisor {

struct EventLimits {
  std::size_t events = 512;
  std::size_t bytes = std::size_t{128} << 10U;
  std::size_t reason_bytes = 512;  // a longer reason is cut
};

struct Event {
  std::string_view event;
  std::string service = {};     // empty: birl itself
  std::string_view state = {};  // empty: null, as with all that follow
  std::optional<std::int64_t> pid = std::nullopt;
  std::optional<std::int32_t> exit_code = std::nullopt;
  std::string signal = {};
  std::string reason = {};
  // Only where they mean something:
  std::optional<std::uint64_t> restarts = std::nullopt;
  std::optional<std::uint64_t> delay_ms = std::nullopt;
  std::string_view stage = {};
};

/// What a reader has seen, and wants to see.
struct EventCursor {
  std::uint64_t next = 0;               // the number of the event to read; 0: the oldest there is
  std::vector<std::string> names = {};  // of services; empty: all, and birl's own
};

class EventLog {
 public:
  explicit EventLog(const EventLimits& limits = {}) : limits_(limits) {}

  void append(const Event& event, std::uint64_t realtime_ns);

  /// Whole lines from `cursor` on, which moves behind them; at most `bytes_max`, but one line at
  /// least. Empty: there is nothing new.
  [[nodiscard]] std::string read(EventCursor& cursor, std::size_t bytes_max) const;

  struct Kept {
    std::string service;
    std::string line;
  };
  // For a live upgrade: numbers go on.
  [[nodiscard]] std::uint64_t oldest() const { return first_; }
  [[nodiscard]] const std::deque<Kept>& kept() const { return kept_; }
  void restore(std::uint64_t oldest, std::deque<Kept> kept);

  [[nodiscard]] std::uint64_t newest() const { return first_ + kept_.size() - 1; }  // 0: none yet

 private:
  [[nodiscard]] std::string catch_up(EventCursor& cursor) const;

  EventLimits limits_;
  std::uint64_t first_ = 1;  // the number of kept_.front()
  std::deque<Kept> kept_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace supervisor
