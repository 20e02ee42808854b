#include "shippers/network/line_ledger.h"

#include <algorithm>
#include <tuple>

#include "base/crash_point.h"
#include "logging/handoff/shared_slot.h"

namespace shippers {

namespace {

constexpr auto kDamaged = static_cast<std::size_t>(logging::DropReason::kSpoolDamaged);

bool is_before(const logging::Cursor& a, const logging::Cursor& b) {
  return std::tie(a.frame, a.offset) < std::tie(b.frame, b.offset);
}

}  // namespace

LineLedger::LineLedger(logging::SinkState& state)
    : state_(state), inherited_(logging::read_slot(state.inherited_sequence, state.inherited)) {}

void LineLedger::add(logging::RingConsumer& consumer) {
  consumers_[consumer.ring_id()] = &consumer;
}

void LineLedger::publish() {
  logging::publish_slot(state_.inherited_sequence, state_.inherited, inherited_);
}

std::map<std::uint64_t, Spool::RingMark> LineLedger::marks() const {
  std::map<std::uint64_t, Spool::RingMark> marks;
  marks[Spool::kGoneRings] = {.cursor = {.frame = UINT64_MAX, .line = UINT64_MAX},
                              .settled_sequence = inherited_.settled_sequence};
  for (const auto& [ring_id, consumer] : consumers_) {
    marks[ring_id] = {.cursor = consumer->cursor(),
                      .settled_sequence = consumer->settled_sequence()};
  }
  return marks;
}

void LineLedger::recover(const std::map<std::uint64_t, Spool::RingHolding>& holdings) {
  std::uint64_t gone = 0;
  for (const auto& [ring_id, holding] : holdings) {
    gone += consumers_.contains(ring_id) ? 0 : holding.lines;
  }
  inherited_.dropped[kDamaged] += inherited_.spooled - std::min(inherited_.spooled, gone);
  inherited_.spooled = gone;
  publish();
  for (const auto& [ring_id, consumer] : consumers_) {
    const auto found = holdings.find(ring_id);
    recover_ring(*consumer, found == holdings.end() ? Spool::RingHolding{} : found->second);
  }
}

void LineLedger::recover_ring(logging::RingConsumer& consumer, const Spool::RingHolding& holding) {
  const logging::Cursor from = consumer.cursor();
  // A spool that was tampered with must not send the cursor to where no frame is.
  const bool within = holding.to.frame - from.frame <= consumer.waiting_bytes() + from.offset;
  if (is_before(from, holding.to) && within) {
    logging::DropCounts dropped{};
    std::copy_n(holding.dropped.begin(), dropped.size(), dropped.begin());
    consumer.commit(holding.to, dropped, holding.lines_beyond);
  }
  consumer.recover_spooled(holding.lines);
}

void LineLedger::settle(std::uint64_t sequence, const RingRange& range,
                        const logging::DropCounts& dropped) {
  const auto found = consumers_.find(range.ring_id);
  if (found != consumers_.end()) {
    found->second->settle(sequence, range.lines, dropped);
    return;
  }
  if (sequence < inherited_.settled_sequence) {
    return;
  }
  std::uint64_t left = std::min(range.lines, inherited_.spooled);
  inherited_.spooled -= left;
  for (std::size_t reason = 0; reason < dropped.size(); ++reason) {
    const std::uint64_t count = std::min(dropped[reason], left);
    inherited_.dropped[reason] += count;
    left -= count;
  }
  inherited_.delivered += left;
  inherited_.settled_sequence = sequence;
  publish();
  base::crash_point("ledger.inherited");
}

void LineLedger::settle_all() {
  for (const auto& [ring_id, consumer] : consumers_) {
    consumer->recover_spooled(0);
  }
  if (inherited_.spooled != 0) {
    inherited_.dropped[kDamaged] += inherited_.spooled;
    inherited_.spooled = 0;
    publish();
  }
}

}  // namespace shippers
