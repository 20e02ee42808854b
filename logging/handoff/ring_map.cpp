#include "logging/handoff/ring_map.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "logging/handoff/ring_reader.h"
#include "logging/handoff/shared_slot.h"

namespace logging {

namespace {

base::Unexpected damaged(std::string_view what) {
  return base::fail(base::ErrorCode::kDamaged, fmt::format("cannot use a ring: {}", what));
}

}  // namespace

base::Result<RingIdentity> read_identity(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return base::fail_errno("cannot look at a ring");
  }
  TRY_ASSIGN(const base::Mapping page, base::Mapping::map(fd, 0, kPageBytes, base::Access::kRead));
  if (static_cast<std::size_t>(status.st_size) < kDataAt) {
    return damaged(fmt::format("it has only {} bytes", status.st_size));
  }
  const auto* header = reinterpret_cast<const RingHeader*>(page.data());
  if (header->magic != kRingMagic || header->version != kRingVersion) {
    return damaged(fmt::format("it is no ring of version {}", kRingVersion));
  }
  const RingIdentity identity{.ring_id = header->ring_id,
                              .capacity = header->capacity,
                              .piece_bytes_max = header->piece_bytes_max};
  if (!std::has_single_bit(identity.capacity) || identity.capacity < RingLimits::kCapacityMin ||
      identity.capacity > RingLimits::kCapacityMax ||
      static_cast<std::size_t>(status.st_size) != ring_file_bytes(identity.capacity)) {
    return damaged(
        fmt::format("its capacity of {} bytes does not fit its file", identity.capacity));
  }
  if (identity.ring_id == 0 ||
      identity.piece_bytes_max !=
          std::min<std::uint64_t>(RingLimits::kPieceBytesMax, identity.capacity / 4)) {
    return damaged("its header contradicts itself");
  }
  return identity;
}

RingMap::RingMap(base::Mapping mapping, const RingIdentity& identity)
    : mapping_(std::move(mapping)),
      identity_(identity),
      data_(reinterpret_cast<char*>(mapping_.data()) + kDataAt) {}

base::Result<RingMap> RingMap::open(int fd, base::Access access) {
  TRY_ASSIGN(const RingIdentity identity, read_identity(fd));
  TRY_ASSIGN(
      base::Mapping mapping,
      base::Mapping::map_twice(fd, kDataAt, static_cast<std::size_t>(identity.capacity), access));
  return RingMap(std::move(mapping), identity);
}

base::Result<void> RingMap::set_mirror(int mirror_fd) {
  TRY_ASSIGN(const RingIdentity identity, read_identity(mirror_fd));
  if (identity.ring_id != identity_.ring_id || identity.capacity != identity_.capacity) {
    return damaged("its mirror is another ring's");
  }
  TRY_ASSIGN(mirror_, base::Mapping::map(mirror_fd, 0, kCarryAt, base::Access::kReadWrite));
  publish_slot(mirrored(header())->commit_sequence, mirrored(header())->slots, commit());
  for (std::size_t index = 0; index < RingLimits::kConsumers; ++index) {
    ConsumerRecord& record = consumer(index);
    ConsumerRecord& copy = *mirrored(record);
    copy.kind = record.kind;
    copy.attached_line = record.attached_line;
    publish_slot(copy.sequence, copy.slots, read_slot(record.sequence, record.slots));
    copy.sink_id.store(record.sink_id.load(std::memory_order_acquire), std::memory_order_release);
  }
  return {};
}

template <typename T>
T* RingMap::mirrored(const T& value) const {
  const auto offset = reinterpret_cast<const std::byte*>(&value) - mapping_.data();
  return mirror_.valid() ? reinterpret_cast<T*>(mirror_.data() + offset) : nullptr;
}

void RingMap::publish(const CommitSlot& slot) const {
  publish_slot(header().commit_sequence, header().slots, slot);
  if (RingHeader* copy = mirrored(header()); copy != nullptr) {
    publish_slot(copy->commit_sequence, copy->slots, slot);
  }
}

void RingMap::publish(ConsumerRecord& record, const ConsumerSlot& slot) const {
  publish_slot(record.sequence, record.slots, slot);
  if (ConsumerRecord* copy = mirrored(record); copy != nullptr) {
    publish_slot(copy->sequence, copy->slots, slot);
  }
}

void RingMap::start(ConsumerRecord& record, std::uint32_t sink_id, ConsumerKind kind,
                    std::uint64_t attached_line, const ConsumerSlot& slot) const {
  record.kind = kind;
  record.attached_line = attached_line;
  publish_slot(record.sequence, record.slots, slot);
  record.sink_id.store(sink_id, std::memory_order_release);
  if (ConsumerRecord* copy = mirrored(record); copy != nullptr) {
    copy->kind = kind;
    copy->attached_line = attached_line;
    publish_slot(copy->sequence, copy->slots, slot);
    copy->sink_id.store(sink_id, std::memory_order_release);
  }
}

void RingMap::release(ConsumerRecord& record) const {
  record.sink_id.store(0, std::memory_order_release);
  if (ConsumerRecord* copy = mirrored(record); copy != nullptr) {
    copy->sink_id.store(0, std::memory_order_release);
  }
}

RingHeader& RingMap::header() const {
  return *reinterpret_cast<RingHeader*>(mapping_.data());
}

ConsumerRecord& RingMap::consumer(std::size_t index) const {
  ASSERT(index < RingLimits::kConsumers);
  return *reinterpret_cast<ConsumerRecord*>(mapping_.data() + kConsumersAt +
                                            index * kConsumerRecordBytes);
}

char* RingMap::carry(std::size_t pipe, std::size_t area) const {
  ASSERT(pipe < RingLimits::kPipes && area < 2);
  return reinterpret_cast<char*>(mapping_.data()) + kCarryAt +
         (pipe * 2 + area) * RingLimits::kPieceBytesMax;
}

CommitSlot RingMap::commit() const {
  return read_slot(header().commit_sequence, header().slots);
}

base::Result<FrameHeader> RingMap::frame(std::uint64_t position, std::uint64_t head) const {
  FrameHeader frame;
  std::memcpy(&frame, at(position), sizeof(frame));
  TRY(check_frame(identity_.ring_id, position, frame, head));
  return frame;
}

}  // namespace logging
