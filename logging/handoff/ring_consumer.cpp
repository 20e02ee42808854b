#include "logging/handoff/ring_consumer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/crash_point.h"
#include "logging/handoff/shared_slot.h"
#include "logging/parse/newlines.h"

namespace logging {

namespace {

constexpr std::size_t kCopyBytesMax = 256 * 1024;

/// Cuts a whole frame's view down to [from, to).
void trim_view(FrameView& view, const Cursor& from, const Cursor& to) {
  if (view.position == to.frame) {
    view.bytes = view.bytes.substr(0, to.offset);
  }
  if (view.position == from.frame) {
    view.bytes.remove_prefix(std::min<std::size_t>(from.offset, view.bytes.size()));
  }
}

/// The last place of a range of frames that ends at `to`.
std::uint64_t end_of(const Cursor& to, std::uint64_t head) {
  return to.offset > 0 ? head : to.frame;
}

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

  void commit(const Cursor& to, const DropCounts& dropped, std::uint64_t spooled) override {
    ASSERT(to.frame > slot_.cursor.frame ||
           (to.frame == slot_.cursor.frame && to.offset >= slot_.cursor.offset));
    slot_.cursor = to;
    slot_.spooled += spooled;
    for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
      slot_.dropped[reason] += dropped[reason];
    }
    base::crash_point("consumer.committing");
    publish_slot(record_.sequence, record_.slots, slot_);
    base::crash_point("consumer.committed");
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
    publish_slot(record_.sequence, record_.slots, slot_);
    base::crash_point("consumer.settled");
  }

  void recover_spooled(std::uint64_t spooled) override {
    if (spooled < slot_.spooled) {
      slot_.dropped[static_cast<std::size_t>(DropReason::kSpoolDamaged)] += slot_.spooled - spooled;
      slot_.spooled = spooled;
      publish_slot(record_.sequence, record_.slots, slot_);
    }
  }

 protected:
  [[nodiscard]] RingMap& ring() const { return ring_; }
  [[nodiscard]] const ConsumerSlot& slot() const { return slot_; }

 private:
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
};

class GatingConsumer final : public ConsumerCore {
 public:
  using ConsumerCore::ConsumerCore;

  [[nodiscard]] base::Result<std::span<const FrameView>> peek(std::size_t bytes_max) override {
    views_.clear();
    const Cursor from = cursor();
    TRY(collect(from.frame, ring().commit().head, bytes_max, views_));
    if (!views_.empty()) {
      views_.front().bytes.remove_prefix(from.offset);
    }
    return std::span<const FrameView>(views_);
  }

  [[nodiscard]] base::Result<std::vector<FrameView>> frames_between(const Cursor& from,
                                                                    const Cursor& to) override {
    std::vector<FrameView> views;
    const std::uint64_t head = ring().commit().head;
    if (from.frame < ring().header().tail.load(std::memory_order_acquire) || to.frame > head) {
      return base::fail(base::ErrorCode::kNotFound,
                        fmt::format("frame {} is not in the ring any more", from.frame));
    }
    for (std::uint64_t position = from.frame;
         position < to.frame || (position == to.frame && to.offset > 0);) {
      TRY_ASSIGN(FrameView view, view_at(position, head));
      position = view.end_position();
      trim_view(view, from, to);
      views.push_back(view);
    }
    return views;
  }

 private:
  [[nodiscard]] base::Result<FrameView> view_at(std::uint64_t position, std::uint64_t head) const {
    TRY_ASSIGN(const FrameHeader header, ring().frame(position, head));
    return FrameView{.position = position,
                     .header = header,
                     .bytes = {ring().at(position) + sizeof(FrameHeader), header.bytes}};
  }

  [[nodiscard]] base::Result<void> collect(std::uint64_t position, std::uint64_t head,
                                           std::size_t bytes_max,
                                           std::vector<FrameView>& views) const {
    std::size_t bytes = 0;
    while (position < head && (views.empty() || bytes < bytes_max)) {
      TRY_ASSIGN(FrameView view, view_at(position, head));
      bytes += view.bytes.size();
      position = view.end_position();
      views.push_back(view);
    }
    return {};
  }

  std::vector<FrameView> views_;
};

class LappingConsumer final : public ConsumerCore {
 public:
  using ConsumerCore::ConsumerCore;

  [[nodiscard]] base::Result<std::span<const FrameView>> peek(std::size_t bytes_max) override {
    views_.clear();
    constexpr int kTriesMax = 1000;
    for (int attempt = 0; attempt < kTriesMax; ++attempt) {
      const CommitSlot committed = ring().commit();
      const std::uint64_t head = committed.head;
      TRY_ASSIGN(const bool settled, pass_over_lost(committed));
      if (!settled) {
        continue;
      }
      const std::uint64_t from = cursor().frame;
      if (from >= head) {
        break;
      }
      TRY_ASSIGN(const bool whole,
                 copy(from, head, std::min(bytes_max, kCopyBytesMax), buffer_, views_));
      if (whole) {
        views_.front().bytes.remove_prefix(cursor().offset);
        break;
      }
    }
    return std::span<const FrameView>(views_);
  }

  [[nodiscard]] base::Result<std::vector<FrameView>> frames_between(const Cursor& from,
                                                                    const Cursor& to) override {
    std::vector<FrameView> views;
    const std::uint64_t head = ring().commit().head;
    const std::uint64_t end = end_of(to, head);
    if (from == to) {
      return views;
    }
    // One copy of all of it: an interrupted write is small (a sink's share of one consume()).
    const std::size_t bytes_max = static_cast<std::size_t>(end - from.frame);
    TRY_ASSIGN(const bool whole, copy(from.frame, end, bytes_max, history_, views));
    if (!whole || to.frame > head) {
      return base::fail(base::ErrorCode::kNotFound,
                        fmt::format("frame {} is not in the ring any more", from.frame));
    }
    std::erase_if(views, [&](const FrameView& view) {
      return view.position > to.frame || (view.position == to.frame && to.offset == 0);
    });
    for (FrameView& view : views) {
      trim_view(view, from, to);
    }
    return views;
  }

 private:
  [[nodiscard]] std::uint64_t tail() const {
    return ring().header().tail.load(std::memory_order_acquire);
  }

  /// When the producer has overtaken the cursor: counts the lines that are gone and goes on at the
  /// tail. False: the tail moved meanwhile, try again.
  [[nodiscard]] base::Result<bool> pass_over_lost(const CommitSlot& committed) {
    const std::uint64_t resume = tail();
    if (cursor().frame >= resume) {
      return true;
    }
    if (resume > committed.head) {
      return false;  // the head that belongs to this tail is not visible yet
    }
    std::uint64_t line = committed.next_line;
    if (resume < committed.head) {
      FrameHeader frame;
      copy_racing(reinterpret_cast<char*>(&frame), ring().at(resume), sizeof(frame));
      if (tail() > resume) {
        return false;
      }
      TRY(check_frame(ring_id(), resume, frame, committed.head));
      line = frame.first_line;
    }
    DropCounts dropped{};
    dropped[static_cast<std::size_t>(DropReason::kLapped)] = line - cursor().line;
    commit({.frame = resume, .offset = 0, .reserved = 0, .line = line}, dropped, 0);
    return true;
  }

  /// Copies whole frames of [from, end) and makes views of the copy. False: overtaken.
  [[nodiscard]] base::Result<bool> copy(std::uint64_t from, std::uint64_t end,
                                        std::size_t bytes_max, std::vector<char>& buffer,
                                        std::vector<FrameView>& views) const {
    if (end - from > ring().capacity()) {
      return false;
    }
    FrameHeader first;
    copy_racing(reinterpret_cast<char*>(&first), ring().at(from), sizeof(first));
    if (tail() > from) {
      return false;
    }
    TRY(check_frame(ring_id(), from, first, end));
    const std::size_t bytes =
        std::min(static_cast<std::size_t>(end - from),
                 std::max(bytes_max, static_cast<std::size_t>(frame_size(first.bytes))));
    buffer.resize(std::max(buffer.size(), bytes));
    copy_racing(buffer.data(), ring().at(from), bytes);
    if (tail() > from) {
      return false;
    }
    TRY(split({buffer.data(), bytes}, from, end, views));
    return true;
  }

  [[nodiscard]] base::Result<void> split(std::string_view copied, std::uint64_t position,
                                         std::uint64_t end, std::vector<FrameView>& views) const {
    views.clear();
    while (copied.size() >= sizeof(FrameHeader)) {
      FrameView view{.position = position, .header = {}, .bytes = {}};
      std::memcpy(&view.header, copied.data(), sizeof(FrameHeader));
      TRY(check_frame(ring_id(), position, view.header, end));
      const auto size = static_cast<std::size_t>(frame_size(view.header.bytes));
      if (size > copied.size()) {
        break;
      }
      view.bytes = copied.substr(sizeof(FrameHeader), view.header.bytes);
      views.push_back(view);
      copied.remove_prefix(size);
      position += size;
    }
    return {};
  }

  std::vector<FrameView> views_;
  std::vector<char> buffer_;
  std::vector<char> history_;
};

ConsumerRecord* find_record(RingMap& ring, std::uint32_t sink_id) {
  for (std::size_t index = 0; index < RingLimits::kConsumers; ++index) {
    ConsumerRecord& record = ring.consumer(index);
    if (record.sink_id.load(std::memory_order_acquire) == sink_id) {
      return &record;
    }
  }
  return nullptr;
}

/// A consumer that is new to the ring starts at its head and has received nothing yet.
void start_record(ConsumerRecord& record, std::uint32_t sink_id, const CommitSlot& head) {
  record.attached_line = head.next_line;
  const ConsumerSlot start{
      .cursor = {.frame = head.head, .offset = 0, .reserved = 0, .line = head.next_line},
      .dropped = {}};
  publish_slot(record.sequence, record.slots, start);
  record.sink_id.store(sink_id, std::memory_order_release);
}

}  // namespace

void RoomSignal::room_made() {
  if (waiting_.exchange(false)) {
    const std::uint64_t one = 1;
    // It can only fail when the counter is full: then the producer is awake already.
    [[maybe_unused]] const auto written = ::write(event_fd_, &one, sizeof(one));
  }
}

Cursor RingConsumer::advance(const Cursor& from, const FrameView& frame, std::size_t bytes) {
  const std::size_t done = from.frame == frame.position ? from.offset : 0;
  const std::size_t end = done + bytes;
  if (end >= frame.header.bytes) {
    return {.frame = frame.end_position(),
            .offset = 0,
            .reserved = 0,
            .line = frame.header.first_line + frame.header.lines};
  }
  const std::size_t view_start = frame.header.bytes - frame.bytes.size();
  ASSERT(done >= view_start);
  const std::uint64_t line = done > 0 ? from.line : frame.header.first_line;
  const auto newlines = scan_newlines(frame.bytes.substr(done - view_start, bytes)).count;
  return {.frame = frame.position,
          .offset = static_cast<std::uint32_t>(end),
          .reserved = 0,
          .line = line + newlines};
}

base::Result<std::unique_ptr<RingConsumer>> claim_consumer(RingMap& ring, std::uint32_t sink_id,
                                                           ConsumerKind kind, RoomSignal* room) {
  ASSERT(sink_id != 0);
  ConsumerRecord* record = find_record(ring, sink_id);
  if (record == nullptr) {
    record = find_record(ring, 0);
    if (record == nullptr) {
      return base::fail(base::ErrorCode::kLimit,
                        fmt::format("cannot add a sink to ring {}: it has {} already",
                                    ring.ring_id(), RingLimits::kConsumers));
    }
    record->kind = kind;
    start_record(*record, sink_id, ring.commit());
  }
  if (kind == ConsumerKind::kGating && record->kind == ConsumerKind::kLapping) {
    // It may have been overtaken, and a gate behind the tail would stop the producer for ever.
    LappingConsumer last_look(ring, *record, nullptr);
    TRY(last_look.peek(0));
  }
  record->kind = kind;
  std::unique_ptr<RingConsumer> consumer;
  if (kind == ConsumerKind::kGating) {
    consumer = std::make_unique<GatingConsumer>(ring, *record, room);
  } else {
    consumer = std::make_unique<LappingConsumer>(ring, *record, room);
  }
  return consumer;
}

void release_consumer(ConsumerRecord& record) {
  record.sink_id.store(0, std::memory_order_release);
}

}  // namespace logging
