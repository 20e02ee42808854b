// What both kinds of consumer share (ring_consumer.cpp): the committed slot, the ledger in it, and
// the notices that stand where lines are missing. Threads and lifetime: as of RingConsumer.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/crash_point.h"
#include "logging/handoff/ring_consumer.h"
#include "logging/handoff/ring_map.h"
#include "logging/handoff/ring_reader.h"
#include "logging/handoff/shared_slot.h"

namespace logging {

class ConsumerCore : public RingConsumer {
 public:
  ConsumerCore(RingMap& ring, ConsumerRecord& record, RoomSignal* room)
      : ring_(ring),
        record_(record),
        room_(room),
        slot_(read_slot(record.sequence, record.slots)) {}

  [[nodiscard]] std::uint64_t ring_id() const override { return ring_.ring_id(); }
  [[nodiscard]] Cursor cursor() const override { return slot_.cursor; }

  [[nodiscard]] std::uint64_t spooled() const override { return slot_.spooled; }
  [[nodiscard]] std::uint64_t settled_sequence() const override { return slot_.settled_sequence; }
  [[nodiscard]] std::uint64_t delivered() const override {
    std::uint64_t other = record_.attached_line + slot_.spooled;
    for (const std::uint64_t dropped : slot_.dropped) {
      other += dropped;
    }
    return slot_.cursor.line - other;
  }
  [[nodiscard]] std::uint64_t ring_capacity() const override { return ring_.capacity(); }
  [[nodiscard]] std::uint64_t waiting_bytes() const override {
    return ring_.commit().head - slot_.cursor.frame - slot_.cursor.offset;
  }

  [[nodiscard]] DropCounts dropped() const override { return slot_.dropped; }

  void tell_losses(std::string_view service) override { notice_.service = service; }

  [[nodiscard]] bool give_up_frame(DropReason reason) override {
    const std::uint64_t missing = notice_.missing;
    const auto frames = peek(1);
    if (!frames || frames->empty()) {
      return false;
    }
    const FrameView& oldest = frames->back();  // a notice may stand before it
    const Cursor from = cursor();
    const Cursor to = advance(from, oldest, oldest.bytes.size());
    DropCounts lost{};
    lost[static_cast<std::size_t>(reason)] = to.line - from.line;
    commit(to, lost, 0);
    notice_.missing = missing + (to.line - from.line);
    return true;
  }

  void commit(const Cursor& to, const DropCounts& dropped, std::uint64_t spooled) override {
    ASSERT(to.frame > slot_.cursor.frame ||
           (to.frame == slot_.cursor.frame && to.offset >= slot_.cursor.offset));
    slot_.cursor = to;
    slot_.spooled += spooled;
    for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
      slot_.dropped[reason] += dropped[reason];
    }
    base::crash_point("consumer.committing");
    ring_.publish(record_, slot_);
    base::crash_point("consumer.committed");
    notice_.missing -= std::exchange(notice_.offered, 0);
    wake_producer();
  }

  void settle(std::uint64_t sequence, std::uint64_t lines, const DropCounts& dropped) override {
    if (sequence <= slot_.settled_sequence) {
      return;
    }
    // The counts come from a file: more than what is known to be there cannot leave.
    std::uint64_t left = std::min(lines, slot_.spooled);
    slot_.spooled -= left;
    slot_.settled_sequence = sequence;
    for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
      const std::uint64_t count = std::min(dropped[reason], left);
      slot_.dropped[reason] += count;
      left -= count;
    }
    ring_.publish(record_, slot_);
    base::crash_point("consumer.settled");
  }

  void recover_spooled(std::uint64_t spooled) override {
    if (spooled < slot_.spooled) {
      slot_.dropped[static_cast<std::size_t>(DropReason::kSpoolDamaged)] += slot_.spooled - spooled;
      slot_.spooled = spooled;
      ring_.publish(record_, slot_);
    }
  }

 protected:
  [[nodiscard]] RingMap& ring() const { return ring_; }

  void note_missing(std::uint64_t lines) { notice_.missing += lines; }

  /// Puts a line of our own before the frames, in memory alone, where some are missing. It takes no
  /// place in the ring: `to` behind it is `from`.
  void add_notice(std::vector<FrameView>& views) {
    notice_.offered = 0;
    if (notice_.missing == 0 || notice_.service.empty() || views.empty() ||
        slot_.cursor.offset != 0) {
      return;
    }
    notice_.text = loss_notice(notice_.missing, notice_.service);
    notice_.offered = notice_.missing;
    FrameView view = views.front();
    view.header.bytes = static_cast<std::uint32_t>(notice_.text.size());
    view.header.lines = 0;
    view.header.flags = 0;
    view.header.check = 0;
    view.bytes = notice_.text;
    views.insert(views.begin(), view);
  }

 private:
  /// What was given up before the cursor and nobody was told of yet. A router that dies forgets it.
  struct Notice {
    std::string service;  // empty: nobody wants to know
    std::uint64_t missing = 0;
    std::uint64_t offered = 0;  // of them, in the text that peek() has given
    std::string text;
  };

  void wake_producer() {
    if (room_ == nullptr || !room_->is_waiting()) {
      return;
    }
    const std::uint64_t used = ring_.commit().head - slot_.cursor.frame;
    if (ring_.capacity() - used >= ring_.capacity() / 4) {
      room_->room_made();
    }
  }

  RingMap& ring_;
  ConsumerRecord& record_;
  RoomSignal* room_;
  ConsumerSlot slot_;  // what is committed
  Notice notice_;
};

}  // namespace logging
