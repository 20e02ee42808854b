#include "logging/handoff/ring_writer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/crash_point.h"
#include "logging/handoff/ring_reader.h"
#include "logging/handoff/shared_slot.h"
#include "logging/parse/newlines.h"

namespace logging {

namespace {

constexpr std::uint64_t kReadBytesMin = 4096;  // a smaller read is not worth its system call

/// Room that a frame of `carry` bytes and nothing new takes, padding included.
std::uint64_t overhead_of(const CarryState& carry) {
  return frame_size(carry.bytes) + kFrameAlignment;
}

}  // namespace

RingWriter::RingWriter(RingMap& ring) : ring_(ring), next_(ring.commit()) {
  find_gate();
}

std::uint32_t RingWriter::sequence() const {
  return ring_.header().commit_sequence.load(std::memory_order_relaxed);
}

void RingWriter::label_pipe(std::size_t pipe, Stream stream, std::uint16_t incarnation) {
  ASSERT(pipe < RingLimits::kPipes);
  labels_[pipe] = {.stream = stream, .incarnation = incarnation};
}

void RingWriter::close_stale(std::size_t pipe, std::uint64_t time_ns) {
  CarryState& carry = next_.carry[pipe];
  const PipeLabel label = labels_[pipe];
  if (carry.bytes == 0 || carry.incarnation == label.incarnation) {
    return;
  }
  labels_[pipe].incarnation = carry.incarnation;
  if (!close_pipe(pipe, time_ns)) {
    // No room for it in a full ring: rather glued to the next line than lost.
    carry.incarnation = label.incarnation;
  }
  labels_[pipe] = label;
}

bool RingWriter::close_abandoned(std::size_t pipe, std::uint64_t time_ns) {
  // Places are given out in pairs, stdout first; nobody has written down which stream it was.
  const PipeLabel label = labels_[pipe];
  labels_[pipe] = {.stream = pipe % 2 == 0 ? Stream::kStdout : Stream::kStderr,
                   .incarnation = next_.carry[pipe].incarnation};
  const bool closed = close_pipe(pipe, time_ns);
  labels_[pipe] = label;
  return closed;
}

void RingWriter::find_gate() {
  std::uint64_t gate = next_.head;
  for (std::size_t index = 0; index < RingLimits::kConsumers; ++index) {
    const ConsumerRecord& record = ring_.consumer(index);
    if (record.sink_id.load(std::memory_order_acquire) != 0 &&
        record.kind == ConsumerKind::kGating) {
      gate = std::min(gate, read_slot(record.sequence, record.slots).cursor.frame);
    }
  }
  gate_ = gate;
}

std::uint64_t RingWriter::free_bytes() {
  const std::uint64_t used = next_.head - gate_;
  ASSERT(used <= ring_.capacity());
  return ring_.capacity() - used;
}

std::size_t RingWriter::room(std::size_t pipe) {
  const std::uint64_t overhead = overhead_of(next_.carry[pipe]);
  const std::uint64_t read_max = ring_.capacity() / 4;
  if (free_bytes() < overhead + read_max) {
    find_gate();
  }
  if (free_bytes() < overhead + kReadBytesMin) {
    return 0;
  }
  return static_cast<std::size_t>(std::min(free_bytes() - overhead, read_max));
}

bool RingWriter::has_quarter_free() {
  find_gate();
  return free_bytes() >= ring_.capacity() / 4;
}

/// Gives up the oldest frames until everything before `end` is inside the ring.
void RingWriter::move_tail(std::uint64_t end) {
  std::atomic<std::uint64_t>& shared_tail = ring_.header().tail;
  std::uint64_t tail = shared_tail.load(std::memory_order_relaxed);
  if (end - tail <= ring_.capacity()) {
    return;
  }
  while (end - tail > ring_.capacity() && tail < next_.head) {
    FrameHeader oldest;
    std::memcpy(&oldest, ring_.at(tail), sizeof(oldest));
    ASSERT(oldest.bytes > 0 && tail + frame_size(oldest.bytes) <= next_.head);
    tail += frame_size(oldest.bytes);
  }
  ASSERT(end - tail <= ring_.capacity() && tail <= gate_);
  shared_tail.store(tail, std::memory_order_release);
  order_before_overwrite();
}

char* RingWriter::prepare(std::size_t pipe, std::size_t bytes) {
  const CarryState& carry = next_.carry[pipe];
  ASSERT(overhead_of(carry) + bytes <= free_bytes());
  move_tail(next_.head + overhead_of(carry) + bytes);
  return ring_.at(next_.head) + sizeof(FrameHeader) + carry.bytes;
}

void RingWriter::commit(std::size_t pipe, std::size_t bytes, std::uint64_t time_ns) {
  ASSERT(bytes > 0);
  CarryState& carry = next_.carry[pipe];
  carry.incarnation = labels_[pipe].incarnation;
  const char* fresh = ring_.at(next_.head) + sizeof(FrameHeader) + carry.bytes;
  const NewlineScan scan = scan_newlines({fresh, bytes});
  const std::size_t unfinished = scan.count > 0 ? bytes - scan.whole_bytes : carry.bytes + bytes;
  const auto stream = static_cast<std::size_t>(labels_[pipe].stream);
  next_.stream_bytes[stream] += bytes;
  if (unfinished >= ring_.piece_bytes_max()) {
    write_frame(pipe,
                {.bytes = carry.bytes + bytes - 1,
                 .lines = scan.count,
                 .keep_bytes = 1,
                 .flags = kFrameMore},
                time_ns);
  } else if (scan.count > 0) {
    write_frame(pipe,
                {.bytes = carry.bytes + scan.whole_bytes,
                 .lines = scan.count,
                 .keep_bytes = unfinished,
                 .flags = 0},
                time_ns);
  } else {
    // Behind the committed part of the same area: the old state does not know these bytes yet.
    std::memcpy(ring_.carry(pipe, carry.area) + carry.bytes, fresh, bytes);
    carry.bytes += static_cast<std::uint32_t>(bytes);
  }
  publish(time_ns);
}

void RingWriter::write_frame(std::size_t pipe, const Payload& payload, std::uint64_t time_ns) {
  CarryState& carry = next_.carry[pipe];
  char* start = ring_.at(next_.head) + sizeof(FrameHeader);
  std::memcpy(start, ring_.carry(pipe, carry.area), carry.bytes);
  const auto area = static_cast<std::uint8_t>(carry.area ^ 1U);
  std::memcpy(ring_.carry(pipe, area), start + payload.bytes, payload.keep_bytes);

  const PipeLabel& label = labels_[pipe];
  const unsigned continues = carry.open_line != 0 ? unsigned{kFrameContinues} : 0U;
  FrameHeader frame{.bytes = static_cast<std::uint32_t>(payload.bytes),
                    .lines = static_cast<std::uint32_t>(payload.lines),
                    .first_line = next_.next_line,
                    .time_ns = time_ns,
                    .stream = label.stream,
                    .flags = static_cast<std::uint8_t>(payload.flags | continues),
                    .incarnation = label.incarnation,
                    .check = 0};
  frame.check = frame_check(ring_.ring_id(), next_.head, frame);
  std::memcpy(ring_.at(next_.head), &frame, sizeof(frame));

  next_.head += frame_size(payload.bytes);
  next_.next_line += payload.lines;
  next_.stream_lines[static_cast<std::size_t>(label.stream)] += payload.lines;
  carry.bytes = static_cast<std::uint32_t>(payload.keep_bytes);
  carry.area = area;
  carry.open_line = (payload.flags & kFrameMore) != 0 ? 1 : 0;
}

void RingWriter::publish(std::uint64_t time_ns) {
  next_.time_ns = time_ns;
  base::crash_point("ring.prepared");
  ring_.publish(next_);
  base::crash_point("ring.committed");
}

std::uint64_t RingWriter::free_bytes_now() {
  find_gate();
  return free_bytes();
}

void RingWriter::append(const FrameHeader& like, std::string_view payload) {
  const std::uint64_t size = frame_size(payload.size());
  ASSERT(!payload.empty() && size <= free_bytes());
  move_tail(next_.head + size);
  FrameHeader frame = like;
  frame.bytes = static_cast<std::uint32_t>(payload.size());
  frame.first_line = next_.next_line;
  frame.check = frame_check(ring_.ring_id(), next_.head, frame);
  char* start = ring_.at(next_.head);
  std::memcpy(start, &frame, sizeof(frame));
  std::memcpy(start + sizeof(frame), payload.data(), payload.size());
  next_.head += size;
  next_.next_line += frame.lines;
  next_.stream_lines[static_cast<std::size_t>(frame.stream)] += frame.lines;
  next_.stream_bytes[static_cast<std::size_t>(frame.stream)] += payload.size();
}

void RingWriter::publish_take(const QueueTake& take, std::uint64_t time_ns) {
  next_.take = take;
  publish(time_ns);
}

bool RingWriter::close_pipe(std::size_t pipe, std::uint64_t time_ns) {
  const CarryState carry = next_.carry[pipe];
  if (carry.bytes == 0) {
    return true;
  }
  find_gate();
  if (overhead_of(carry) > free_bytes()) {
    return false;
  }
  static_cast<void>(prepare(pipe, 0));
  write_frame(pipe,
              {.bytes = carry.bytes, .lines = 1, .keep_bytes = 0, .flags = kFrameUnterminated},
              time_ns);
  publish(time_ns);
  return true;
}

}  // namespace logging
