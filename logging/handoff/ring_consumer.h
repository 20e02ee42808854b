// Consumers of a ring in the router: claiming a place, and the two kinds of RingConsumer.
//
// A consumer record is found by the sink's id, so a new router goes on where the last one stood.
// Gating consumers read the ring in place; the producer never passes their committed cursor.
// Lapping ones copy, look at the tail again, and count what they missed.
// Threads: claim and release before the ring's intake starts; then each consumer belongs to its
// sink's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "logging/handoff/ring_map.h"
#include "logging/handoff/ring_reader.h"

namespace logging {

/// How a gating consumer wakes a producer that waits for room. One per ring, in the router's own
/// memory; the producer sets `waiting`, looks for room once more and then sleeps.
class RoomSignal {
 public:
  explicit RoomSignal(int event_fd) : event_fd_(event_fd) {}

  void wait_for_room() { waiting_.store(true); }  // pairs with the load in room_made()
  void stop_waiting() { waiting_.store(false); }
  [[nodiscard]] bool is_waiting() const { return waiting_.load(); }
  void room_made();  // wakes the producer if it waits

 private:
  std::atomic<bool> waiting_{false};
  int event_fd_;  // borrowed; an eventfd that the producer polls
};

/// The consumer of `sink_id`: where it stood, or at the head when it is new. `room` may be null for
/// a lapping one. kLimit when the ring's consumer records are all taken. `ring` outlives it.
[[nodiscard]] base::Result<std::unique_ptr<RingConsumer>> claim_consumer(RingMap& ring,
                                                                         std::uint32_t sink_id,
                                                                         ConsumerKind kind,
                                                                         RoomSignal* room);

}  // namespace logging
