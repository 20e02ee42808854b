// A ring mapped whole: where its parts are in memory, and nothing about what they mean.
//
// The identity fields are checked once, when the ring is opened, and then read from here and not
// from shared memory. Threads: any; who may write what is in ring_layout.h. Lifetime: pointers and
// references into the ring die with the RingMap.
//
// A ring that is a file on somebody's disk has a *mirror*: memory of the same layout, of which only
// the header pages are used. Whatever is published in the ring is published there too, for PID 1,
// which touches no file.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/fd.h"
#include "base/result.h"
#include "logging/handoff/ring_layout.h"

namespace logging {

struct RingIdentity {
  std::uint64_t ring_id = 0;
  std::uint64_t capacity = 0;
  std::uint32_t piece_bytes_max = 0;
};

/// kDamaged unless magic, version, sizes and the file's length fit together.
[[nodiscard]] base::Result<RingIdentity> read_identity(int fd);

/// Whole frame with header and padding.
[[nodiscard]] constexpr std::uint64_t frame_size(std::uint64_t payload_bytes) {
  return (sizeof(FrameHeader) + payload_bytes + kFrameAlignment - 1) & ~(kFrameAlignment - 1);
}

class RingMap {
 public:
  [[nodiscard]] static base::Result<RingMap> open(int fd, base::Access access);

  /// From now on `mirror_fd`, a ring of the same identity, shows what this one publishes; what it
  /// holds already is copied there. Before anything is published.
  [[nodiscard]] base::Result<void> set_mirror(int mirror_fd);

  [[nodiscard]] std::uint64_t ring_id() const { return identity_.ring_id; }
  [[nodiscard]] std::uint64_t capacity() const { return identity_.capacity; }
  [[nodiscard]] std::uint32_t piece_bytes_max() const { return identity_.piece_bytes_max; }

  [[nodiscard]] RingHeader& header() const;
  [[nodiscard]] ConsumerRecord& consumer(std::size_t index) const;
  [[nodiscard]] char* carry(std::size_t pipe, std::size_t area) const;

  /// The byte at `position`; at least `capacity` bytes are contiguous from there.
  [[nodiscard]] char* at(std::uint64_t position) const {
    return data_ + (position & (identity_.capacity - 1));
  }

  /// The newest committed slot, by the protocol of ring_layout.h.
  [[nodiscard]] CommitSlot commit() const;

  // Each is for the one writer of the value.
  void publish(const CommitSlot& slot) const;
  void publish(ConsumerRecord& record, const ConsumerSlot& slot) const;
  /// Makes a free record one of `sink_id`, or (0) a free one again.
  void start(ConsumerRecord& record, std::uint32_t sink_id, ConsumerKind kind,
             std::uint64_t attached_line, const ConsumerSlot& slot) const;
  void release(ConsumerRecord& record) const;

  /// The frame at `position`: kDamaged unless its check fits and it ends at or before `head`.
  [[nodiscard]] base::Result<FrameHeader> frame(std::uint64_t position, std::uint64_t head) const;

 private:
  RingMap(base::Mapping mapping, const RingIdentity& identity);
  /// The same place in the mirror; null: there is none.
  template <typename T>
  [[nodiscard]] T* mirrored(const T& value) const;

  base::Mapping mapping_;
  base::Mapping mirror_;
  RingIdentity identity_;
  char* data_ = nullptr;
};

}  // namespace logging
