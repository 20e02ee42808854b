#include "logging/handoff/ring_recover.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "logging/handoff/shared_slot.h"

namespace logging {

namespace {

struct FramePlace {
  std::uint64_t position;
  std::uint64_t first_line;
  std::uint32_t bytes;
  std::uint32_t lines;
};

base::Unexpected damaged(const RingMap& ring, std::string_view what) {
  return base::fail(base::ErrorCode::kDamaged,
                    fmt::format("cannot use ring {}: {}", ring.ring_id(), what));
}

base::Result<void> check_commit(const RingMap& ring, const CommitSlot& commit, std::uint64_t tail) {
  if (tail > commit.head || commit.head - tail > ring.capacity()) {
    return damaged(ring, fmt::format("tail {} and head {} do not fit", tail, commit.head));
  }
  for (const CarryState& carry : commit.carry) {
    if (carry.area > 1 || carry.bytes >= ring.piece_bytes_max() ||
        (carry.open_line != 0 && carry.bytes == 0)) {
      return damaged(ring, "a carry is impossible");
    }
  }
  return {};
}

/// All frames from the tail on; each must go on with the line number where the last one ended.
base::Result<std::vector<FramePlace>> walk_frames(const RingMap& ring, const CommitSlot& commit,
                                                  std::uint64_t tail) {
  std::vector<FramePlace> places;
  for (std::uint64_t position = tail; position < commit.head;) {
    TRY_ASSIGN(const FrameHeader frame, ring.frame(position, commit.head));
    if (!places.empty() && frame.first_line != places.back().first_line + places.back().lines) {
      return damaged(ring, fmt::format("the lines before {} are missing", position));
    }
    places.push_back({position, frame.first_line, frame.bytes, frame.lines});
    position += frame_size(frame.bytes);
  }
  const std::uint64_t next_line =
      places.empty() ? commit.next_line : places.back().first_line + places.back().lines;
  if (next_line != commit.next_line) {
    return damaged(ring, "its head does not count its lines");
  }
  places.push_back({commit.head, commit.next_line, 0, 0});
  return places;
}

base::Result<void> check_consumer(const RingMap& ring, const ConsumerRecord& record,
                                  const std::vector<FramePlace>& places) {
  const Cursor cursor = read_slot(record.sequence, record.slots).cursor;
  const bool lapped =
      record.kind == ConsumerKind::kLapping && cursor.frame < places.front().position;
  if (lapped) {
    return {};
  }
  const auto place = std::ranges::lower_bound(places, cursor.frame, {}, &FramePlace::position);
  if (place == places.end() || place->position != cursor.frame) {
    return damaged(ring, fmt::format("a cursor at {} is on no frame", cursor.frame));
  }
  const bool line_fits =
      cursor.line >= place->first_line && cursor.line <= place->first_line + place->lines;
  if (!line_fits || (cursor.offset != 0 && cursor.offset >= place->bytes)) {
    return damaged(ring, fmt::format("a cursor at {} is outside its frame", cursor.frame));
  }
  return {};
}

}  // namespace

base::Result<void> check_ring(const RingMap& ring) {
  const CommitSlot commit = ring.commit();
  const std::uint64_t tail = ring.header().tail.load(std::memory_order_acquire);
  TRY(check_commit(ring, commit, tail));
  TRY_ASSIGN(const auto places, walk_frames(ring, commit, tail));
  for (std::size_t index = 0; index < RingLimits::kConsumers; ++index) {
    const ConsumerRecord& record = ring.consumer(index);
    if (record.sink_id.load(std::memory_order_acquire) != 0) {
      TRY(check_consumer(ring, record, places));
    }
  }
  return {};
}

}  // namespace logging
