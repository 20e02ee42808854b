// Which lines a network sink has spooled, delivered and dropped, ring by ring: where the counts of
// `birl status` come from.
//
// The lines of a living ring are counted in the ring's own consumer slot, together with its cursor.
// Those of rings that are gone (an earlier boot filled the spool) are counted in the sink's state,
// so that received = delivered + dropped + buffered holds for them too. Both survive the router.
// Threads: the sink's. Owner: the sink.
#pragma once

#include <cstdint>
#include <map>

#include "logging/handoff/ring_reader.h"
#include "logging/handoff/router_state.h"
#include "shippers/spool/spool.h"

namespace shippers {

class LineLedger {
 public:
  explicit LineLedger(logging::SinkState& state);

  /// A ring that the sink takes from; the consumer outlives the ledger.
  void add(logging::RingConsumer& consumer);

  /// What opening the spool has to know.
  [[nodiscard]] std::map<std::uint64_t, Spool::RingMark> marks() const;

  /// What the opened spool holds: rings whose batch was appended just before the router died are
  /// brought to its end; what is missing is counted as dropped{spool_damaged}.
  void recover(const std::map<std::uint64_t, Spool::RingHolding>& holdings);

  /// `dropped` of the range's lines have not arrived, the others have. May be repeated.
  void settle(std::uint64_t sequence, const RingRange& range, const logging::DropCounts& dropped);

  /// Nothing is in the spool any more: what should have been is dropped{spool_damaged}.
  void settle_all();

 private:
  void recover_ring(logging::RingConsumer& consumer, const Spool::RingHolding& holding);
  void publish();

  logging::SinkState& state_;
  logging::InheritedLines inherited_;
  std::map<std::uint64_t, logging::RingConsumer*> consumers_;  // by ring id
};

}  // namespace shippers
