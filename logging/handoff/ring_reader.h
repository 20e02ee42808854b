// Reading a ring: a mapped view, and consumers with a committed cursor.
//
// RingView looks at a ring without changing it (PID 1 for `status`, `birl logs` for its output).
// RingConsumer is one sink's place in one ring, in the router. Both believe nothing that they have
// not checked: a frame whose check or bounds fail makes an error of code kDamaged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "logging/handoff/ring_layout.h"

namespace logging {

/// `bytes` views the ring (or a consumer's copy) and is good until the next call on its owner.
struct FrameView {
  std::uint64_t position = 0;
  FrameHeader header{};
  std::string_view bytes;

  /// Of the next frame. A notice that is in no ring (its check is 0) has no length there.
  [[nodiscard]] std::uint64_t end_position() const;
  /// A line of birl's own, which counts as none (ring_layout.h).
  [[nodiscard]] bool is_notice() const {
    return header.lines == 0 && (header.flags & kFrameMore) == 0;
  }
};

/// What stands where lines are missing, with its newline.
[[nodiscard]] std::string loss_notice(std::uint64_t lines, std::string_view service);

/// Check word of a frame: binds the header to its position and its ring.
[[nodiscard]] std::uint32_t frame_check(std::uint64_t ring_id, std::uint64_t position,
                                        const FrameHeader& header);

/// kDamaged unless the check word fits and the frame ends at or before `head`.
[[nodiscard]] base::Result<void> check_frame(std::uint64_t ring_id, std::uint64_t position,
                                             const FrameHeader& header, std::uint64_t head);

class RingView {
 public:
  /// kWhole for readers of frames; kHeaders maps the header and consumer pages only (PID 1).
  enum class Extent { kHeaders, kWhole };
  [[nodiscard]] static base::Result<RingView> open(int fd, Extent extent);

  [[nodiscard]] std::uint64_t ring_id() const;
  [[nodiscard]] std::uint64_t capacity() const;
  [[nodiscard]] CommitSlot commit() const;
  [[nodiscard]] std::uint64_t tail() const;

  struct ConsumerState {
    std::uint32_t sink_id = 0;
    std::uint64_t received = 0;  // lines; received = delivered + sum(dropped) + buffered
    std::uint64_t delivered = 0;
    std::uint64_t buffered = 0;
    std::uint64_t buffered_bytes = 0;  // in the ring
    std::uint64_t spooled = 0;         // of `buffered`, in the sink's spool
    DropCounts dropped{};
  };
  /// Consistent per consumer: each identity holds in every snapshot.
  [[nodiscard]] std::vector<ConsumerState> consumers() const;

  /// Lapping read: copies whole committed frames from `position` on into `buffer`, at most its
  /// size, and returns views of them. When the producer has overtaken `position`, it goes on at the
  /// tail; the caller sees the gap in first_line. Advances `position` behind what it returns.
  /// Empty: no more. A frame larger than `buffer` makes it grow.
  [[nodiscard]] base::Result<std::vector<FrameView>> copy_frames(std::uint64_t& position,
                                                                 std::vector<char>& buffer) const;

 private:
  RingView(base::Mapping mapping, std::uint64_t ring_id, std::uint64_t capacity, Extent extent);
  [[nodiscard]] const RingHeader& header() const;
  [[nodiscard]] bool copy_range(std::uint64_t position, std::size_t bytes, char* to) const;

  base::Mapping mapping_;
  std::uint64_t ring_id_;  // checked once and then believed from here
  std::uint64_t capacity_;
  Extent extent_;
};

/// One sink's place in one ring. Owner: the sink's writer thread. The mapping is borrowed from the
/// router's ring object and outlives the consumer.
class RingConsumer {
 public:
  virtual ~RingConsumer() = default;

  [[nodiscard]] virtual std::uint64_t ring_id() const = 0;
  [[nodiscard]] virtual Cursor cursor() const = 0;

  /// Committed frames from the cursor on, at most about `bytes_max` of payload (at least one frame
  /// when there is one). The first view starts at the cursor's offset: its `bytes` lack what is
  /// done, its header is the frame's own. Good until commit(). A lapping consumer gets copies, and
  /// what it missed has been committed as dropped{lapped} before this returns.
  [[nodiscard]] virtual base::Result<std::span<const FrameView>> peek(std::size_t bytes_max) = 0;

  /// The frames of [from, to) once more, for completing an interrupted write. kNotFound when they
  /// are overwritten already (only a lapping consumer can see that).
  [[nodiscard]] virtual base::Result<std::vector<FrameView>> frames_between(const Cursor& from,
                                                                            const Cursor& to) = 0;

  /// Everything before `to` is delivered, except the `dropped` lines. One store makes it true; the
  /// producer is woken when it waits for room. `to` is at or behind cursor() and not behind head.
  /// `spooled` lines of them wait in the sink's spool: they are delivered when settle() says so.
  virtual void commit(const Cursor& to, const DropCounts& dropped = {},
                      std::uint64_t spooled = 0) = 0;

  /// The spool's record `sequence` is done: of its `lines` of this ring, all but the `dropped` are
  /// delivered. Done again it changes nothing, so it may be repeated after a death in between.
  virtual void settle(std::uint64_t sequence, std::uint64_t lines, const DropCounts& dropped) = 0;

  /// Before the first peek of a sink with a spool: it holds `spooled` lines of this ring. What it
  /// should hold and does not is dropped{spool_damaged}.
  virtual void recover_spooled(std::uint64_t spooled) = 0;

  /// Gives up the frame at the cursor. False: there is none.
  [[nodiscard]] virtual bool give_up_frame(DropReason reason) = 0;

  /// From now on a notice stands before the frames that peek() returns where lines were lapped or
  /// given up. It is delivered at most once: a router that dies may swallow one.
  virtual void tell_losses(std::string_view service) = 0;

  [[nodiscard]] virtual DropCounts dropped() const = 0;
  [[nodiscard]] virtual std::uint64_t spooled() const = 0;
  [[nodiscard]] virtual std::uint64_t settled_sequence() const = 0;

  /// Lines, since it attached.
  [[nodiscard]] virtual std::uint64_t delivered() const = 0;

  /// Bytes of frames that are committed and not taken; costs no copy.
  [[nodiscard]] virtual std::uint64_t waiting_bytes() const = 0;
  [[nodiscard]] virtual std::uint64_t ring_capacity() const = 0;

  /// Moves `from` behind the first `bytes` payload bytes of `frame` (whole lines) or the whole
  /// frame.
  [[nodiscard]] static Cursor advance(const Cursor& from, const FrameView& frame,
                                      std::size_t bytes);
};

}  // namespace logging
