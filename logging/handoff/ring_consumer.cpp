#include "logging/handoff/ring_consumer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/crash_point.h"
#include "logging/handoff/consumer_core.h"
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
    add_notice(views_);
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
        add_notice(views_);
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
    const std::uint64_t lines = line - cursor().line;
    commit({.frame = resume, .offset = 0, .reserved = 0, .line = line}, dropped, 0);
    note_missing(lines);
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
void start_record(const RingMap& ring, ConsumerRecord& record, std::uint32_t sink_id,
                  ConsumerKind kind) {
  const CommitSlot head = ring.commit();
  const ConsumerSlot start{
      .cursor = {.frame = head.head, .offset = 0, .reserved = 0, .line = head.next_line},
      .dropped = {}};
  ring.start(record, sink_id, kind, head.next_line, start);
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
    start_record(ring, *record, sink_id, kind);
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

}  // namespace logging
