// What is sent next, what becomes of an answer, and when to try again: one machine per network
// sink.
//
// Records (batches of numbered events) come in the order of their sequence; the machine cuts them
// into *shipments*, one request each: at first the whole record, later what a split or a partial
// failure has left of it. Every event ends exactly once, accepted or rejected; a record is settled
// when all its events have ended and every record before it is settled, so what is done is always a
// prefix of the spool.
//
//     state     by                              sends
//     ok        an answer that took something   up to `window` shipments at once
//     retrying  retry                           one shipment, after the policy's wait
//     parked    park                            one shipment, every kParkNs or what was asked for
//
// The window starts at 1, grows by one whenever a full window was accepted, up to `concurrency`,
// and is halved by a retry (AIMD). With a concurrency of 1 nothing overtakes anything: shipments
// are sent, sent again and split in the order of their events. A split or a divisible reject halves
// the shipment; a single event is rejected. A record is halved by rejects at most kBisections
// times, then the rest of the shipment at hand is rejected as a whole.
//
// Pure: time is passed in (monotonic). Owner: the sink.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "shippers/delivery/retry_policy.h"
#include "shippers/delivery/verdict.h"

namespace shippers {

struct DeliveryLimits {
  static constexpr std::uint32_t kConcurrencyMax = 8;
  static constexpr std::uint32_t kBisections = 64;
  static constexpr std::uint64_t kParkNs = 60'000'000'000;
};

/// Events [first, first + count) of a record, as one request.
struct Shipment {
  std::uint64_t sequence = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 0;

  friend bool operator==(const Shipment&, const Shipment&) = default;
};

/// A record all of whose events have ended; `rejected` are those that were not accepted, in order.
struct Settlement {
  std::uint64_t sequence = 0;
  std::vector<std::uint32_t> rejected;

  friend bool operator==(const Settlement&, const Settlement&) = default;
};

class DeliveryMachine {
 public:
  enum class State : std::uint8_t { kOk, kRetrying, kParked };

  struct Options {
    RetryPolicy policy;
    std::uint32_t attempts = 0;  // of one shipment, then it is rejected; 0: no limit
    std::uint32_t concurrency = 1;
    std::uint64_t park_ns = DeliveryLimits::kParkNs;
  };
  explicit DeliveryMachine(const Options& options);

  /// The next record; sequences only grow. `events` is at least 1.
  void add(std::uint64_t sequence, std::uint32_t events) { add(sequence, std::span(&events, 1)); }
  /// The same for a record whose events cannot all be in one request: how many are in each.
  void add(std::uint64_t sequence, std::span<const std::uint32_t> requests);
  /// The spool has given the record up: it is forgotten, whatever is under way.
  void forget(std::uint64_t sequence);

  /// How many records it holds; a few more than the window keep the line busy.
  [[nodiscard]] std::size_t records() const { return parcels_.size(); }
  [[nodiscard]] bool wants_more() const { return parcels_.size() <= options_.concurrency; }

  /// The next request, in flight from now on; nothing: wait for an answer, a record or due_at_ns().
  [[nodiscard]] std::optional<Shipment> next(std::uint64_t now_ns);
  void on_outcome(const Shipment& shipment, const Outcome& outcome, std::uint64_t now_ns);
  [[nodiscard]] std::optional<Settlement> take_settled();

  /// When next() is worth another call; 0: not by time alone.
  [[nodiscard]] std::uint64_t due_at_ns() const { return parcels_.empty() ? 0 : not_before_ns_; }
  /// Something changed (a token, the end is near): the wait is over.
  void hurry() { not_before_ns_ = 0; }

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
  /// Something waits for an answer to another shipment before it may be sent.
  [[nodiscard]] bool holds_back() const;
  [[nodiscard]] std::uint32_t window() const { return state_ == State::kOk ? window_ : 1; }

 private:
  struct Piece {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t attempts = 0;
    bool in_flight = false;
  };
  struct Parcel {
    std::uint64_t sequence = 0;
    std::deque<Piece> pieces;  // what has not ended, in order
    std::vector<std::uint32_t> rejected;
    std::uint32_t bisections = 0;
  };

  [[nodiscard]] Parcel* find_parcel(std::uint64_t sequence);
  void end_accepted(Parcel& parcel, std::size_t index, const Outcome& outcome,
                    std::uint64_t now_ns);
  void end_rejected(Parcel& parcel, std::size_t index, const Outcome& outcome);
  void try_again(Parcel& parcel, std::size_t index);
  static void reject(Parcel& parcel, std::size_t index);
  static void halve(Parcel& parcel, std::size_t index);
  void note_success(std::uint64_t now_ns);
  /// Failures of what was sent before the failure that we wait for are one with it.
  void note_failure(State state, std::uint64_t retry_after_ns, std::uint64_t now_ns);

  Options options_;
  std::deque<Parcel> parcels_;  // by sequence
  State state_ = State::kOk;
  std::uint32_t failures_ = 0;  // in a row
  std::uint32_t in_flight_ = 0;
  std::uint32_t window_ = 1;
  std::uint32_t successes_ = 0;  // since the window changed
  std::uint64_t not_before_ns_ = 0;
};

}  // namespace shippers
