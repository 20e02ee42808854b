// Where the batches of one network sink go: what a line looks like there, and one request at a
// time.
//
// The sink (network_sink.h) owns batching, spool, retries and the ledger; a destination knows the
// protocol. Threads: encode() and send() come from the sink's thread, the answer may come from any.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "shippers/delivery/verdict.h"
#include "shippers/network/line.h"
#include "shippers/spool/spool_record.h"

namespace shippers {

/// What one request may hold; a batch is never larger.
struct RequestLimits {
  std::uint64_t bytes = 0;        // of all events, before compression
  std::uint64_t event_bytes = 0;  // a longer line is cut
  std::uint32_t events = 0;
  std::uint32_t concurrency = 1;  // more where order does not matter
};

class Destination {
 public:
  using Answer = std::function<void(std::uint64_t id, Outcome outcome)>;

  virtual ~Destination() = default;  // no answer comes after it

  [[nodiscard]] virtual RequestLimits limits() const = 0;

  /// Appends what `line` is there to `text`, and what it is grouped by to `key` (both empty
  /// before).
  virtual void encode(const Line& line, std::string& key, std::string& text) const = 0;

  /// What `birl tap` shows of an event's text: one line without secrets, readable.
  [[nodiscard]] virtual std::string shown(std::string_view text) const { return std::string(text); }

  /// All events of a request must have one key.
  [[nodiscard]] virtual bool is_one_key_a_request() const { return false; }

  /// Where answers go, from any thread; before the first send().
  virtual void set_answer(Answer answer) = 0;

  /// Starts one request. Exactly one answer with `id` follows, perhaps before this returns.
  virtual void send(std::uint64_t id, std::span<const SpoolEvent> events) = 0;

  /// The sink waits for answers before it does anything else: none may be held back for others to
  /// come. Any number of times.
  virtual void hurry() {}

  /// It refused us: tokens are read again before the next send().
  virtual void refresh() = 0;
};

}  // namespace shippers
