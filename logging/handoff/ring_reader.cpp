#include "logging/handoff/ring_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "logging/handoff/ring_map.h"
#include "logging/handoff/shared_slot.h"

namespace logging {

namespace {

/// splitmix64's finalizer: every bit of the input moves about half of the output's.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBULL;
  return z ^ (z >> 31U);
}

/// Views of the whole frames in a copy of [position, position + bytes) of the ring.
base::Result<std::vector<FrameView>> split_frames(std::uint64_t ring_id, std::uint64_t position,
                                                  std::string_view copy, std::uint64_t head) {
  std::vector<FrameView> frames;
  while (copy.size() >= sizeof(FrameHeader)) {
    FrameView view{.position = position, .header = {}, .bytes = {}};
    std::memcpy(&view.header, copy.data(), sizeof(FrameHeader));
    TRY(check_frame(ring_id, position, view.header, head));
    const std::uint64_t size = frame_size(view.header.bytes);
    if (size > copy.size()) {
      break;
    }
    view.bytes = copy.substr(sizeof(FrameHeader), view.header.bytes);
    frames.push_back(view);
    copy.remove_prefix(static_cast<std::size_t>(size));
    position += size;
  }
  return frames;
}

}  // namespace

std::uint64_t FrameView::end_position() const {
  return is_notice() && header.check == 0 ? position : position + frame_size(header.bytes);
}

std::string loss_notice(std::uint64_t lines, std::string_view service) {
  return fmt::format("birl: [warn] {} line{} of {} {} missing here\n", lines, lines == 1 ? "" : "s",
                     service, lines == 1 ? "is" : "are");
}

std::uint32_t frame_check(std::uint64_t ring_id, std::uint64_t position,
                          const FrameHeader& header) {
  std::uint64_t hash = mix(ring_id ^ 0x9E37'79B9'7F4A'7C15ULL);
  hash = mix(hash ^ position);
  hash = mix(hash ^ (std::uint64_t{header.bytes} | std::uint64_t{header.lines} << 32U));
  hash = mix(hash ^ header.first_line);
  hash = mix(hash ^ header.time_ns);
  hash = mix(hash ^ (static_cast<std::uint64_t>(header.stream) | std::uint64_t{header.flags} << 8U |
                     std::uint64_t{header.incarnation} << 16U));
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

base::Result<void> check_frame(std::uint64_t ring_id, std::uint64_t position,
                               const FrameHeader& header, std::uint64_t head) {
  if (position % kFrameAlignment != 0 || position > head || head - position < sizeof(FrameHeader) ||
      header.bytes == 0 || frame_size(header.bytes) > head - position ||
      static_cast<std::size_t>(header.stream) >= RingLimits::kStreams ||
      header.check != frame_check(ring_id, position, header)) {
    return base::fail(
        base::ErrorCode::kDamaged,
        fmt::format("cannot read ring {}: the frame at {} is damaged", ring_id, position));
  }
  return {};
}

RingView::RingView(base::Mapping mapping, std::uint64_t ring_id, std::uint64_t capacity,
                   Extent extent)
    : mapping_(std::move(mapping)), ring_id_(ring_id), capacity_(capacity), extent_(extent) {}

base::Result<RingView> RingView::open(int fd, Extent extent) {
  TRY_ASSIGN(const RingIdentity identity, read_identity(fd));
  const auto capacity = static_cast<std::size_t>(identity.capacity);
  auto mapping = extent == Extent::kHeaders
                     ? base::Mapping::map(fd, 0, kCarryAt, base::Access::kRead)
                     : base::Mapping::map_twice(fd, kDataAt, capacity, base::Access::kRead);
  if (!mapping) {
    return base::Unexpected(std::move(mapping).error());
  }
  return RingView(std::move(*mapping), identity.ring_id, identity.capacity, extent);
}

const RingHeader& RingView::header() const {
  return *reinterpret_cast<const RingHeader*>(mapping_.data());
}

std::uint64_t RingView::ring_id() const {
  return ring_id_;
}

std::uint64_t RingView::capacity() const {
  return capacity_;
}

CommitSlot RingView::commit() const {
  return read_slot(header().commit_sequence, header().slots);
}

std::uint64_t RingView::tail() const {
  return header().tail.load(std::memory_order_acquire);
}

std::vector<RingView::ConsumerState> RingView::consumers() const {
  std::vector<ConsumerState> states;
  for (std::size_t index = 0; index < RingLimits::kConsumers; ++index) {
    const auto& record = *reinterpret_cast<const ConsumerRecord*>(mapping_.data() + kConsumersAt +
                                                                  index * kConsumerRecordBytes);
    const std::uint32_t sink_id = record.sink_id.load(std::memory_order_acquire);
    if (sink_id == 0) {
      continue;
    }
    // The consumer first, the head after it: so the head is never behind the cursor.
    const ConsumerSlot slot = read_slot(record.sequence, record.slots);
    const CommitSlot head = commit();
    ConsumerState state{.sink_id = sink_id, .dropped = slot.dropped};
    std::uint64_t dropped = 0;
    for (const std::uint64_t count : slot.dropped) {
      dropped += count;
    }
    state.received = head.next_line - record.attached_line;
    state.delivered = slot.cursor.line - record.attached_line - dropped - slot.spooled;
    state.buffered = head.next_line - slot.cursor.line + slot.spooled;
    state.spooled = slot.spooled;
    state.buffered_bytes = head.head - slot.cursor.frame - slot.cursor.offset;
    states.push_back(state);
  }
  return states;
}

/// False when the producer has overtaken `position` before the copy was whole.
bool RingView::copy_range(std::uint64_t position, std::size_t bytes, char* to) const {
  const auto* data = reinterpret_cast<const char*>(mapping_.data()) + kDataAt;
  copy_racing(to, data + (position & (capacity_ - 1)), bytes);
  return tail() <= position;
}

base::Result<std::vector<FrameView>> RingView::copy_frames(std::uint64_t& position,
                                                           std::vector<char>& buffer) const {
  ASSERT(extent_ == Extent::kWhole);
  constexpr int kTriesMax = 1000;
  for (int attempt = 0; attempt < kTriesMax; ++attempt) {
    const std::uint64_t head = commit().head;
    position = std::max(position, tail());
    if (position >= head) {
      return std::vector<FrameView>{};
    }
    if (head - position > capacity_) {
      continue;  // the producer has just moved on: look at the tail again
    }
    FrameHeader first{};
    if (!copy_range(position, sizeof(first), reinterpret_cast<char*>(&first))) {
      continue;
    }
    TRY(check_frame(ring_id_, position, first, head));
    const auto needed = static_cast<std::size_t>(frame_size(first.bytes));
    buffer.resize(std::max(buffer.size(), needed));
    const std::size_t bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), head - position));
    if (!copy_range(position, bytes, buffer.data())) {
      continue;
    }
    TRY_ASSIGN(auto frames, split_frames(ring_id_, position, {buffer.data(), bytes}, head));
    position = frames.back().end_position();
    return frames;
  }
  return std::vector<FrameView>{};
}

}  // namespace logging
