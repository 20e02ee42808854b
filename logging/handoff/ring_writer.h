// The producer's end of a ring: prepare room, fill it in place, commit.
//
//     const std::size_t n = writer.room(pipe);            // 0: full
//     char* at = writer.prepare(pipe, n);                 // the tail moves on before this returns
//     ... put exactly n new bytes at `at` ...
//     writer.commit(pipe, n, now);                        // one store makes them part of the ring
//
// The new bytes are read to where they stay: behind space for a frame header and the pipe's carry
// (its unfinished last line), which commit() puts in front. What follows the last newline becomes
// the new carry, in the area that the committed slot does not name. A line whose unfinished part
// reaches piece_bytes_max is cut: its pieces carry kFrameMore and kFrameContinues. A cut always
// keeps one byte back, so that a line that is open has something left to end with.
//
// Everything that matters is in shared memory: a new writer over the same ring goes on where the
// last one died, and prepare() with the same arguments returns the same place.
// Threads: the intake thread. Owner: the intake. The RingMap outlives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "logging/handoff/ring_map.h"

namespace logging {

class RingWriter {
 public:
  explicit RingWriter(RingMap& ring);

  /// Tells which stream and incarnation the pipe in this place belongs to.
  void label_pipe(std::size_t pipe, Stream stream, std::uint16_t incarnation);

  /// Closes the unfinished line that an older incarnation left in this place, if there is one.
  void close_stale(std::size_t pipe, std::uint64_t time_ns);

  /// The same for a place that has no pipe any more: its line ends here, as its pipe does. False:
  /// there is no room for that now.
  [[nodiscard]] bool close_abandoned(std::size_t pipe, std::uint64_t time_ns);

  /// How many new bytes of this pipe fit now, at most capacity / 4; 0 when that is too few to be
  /// worth a read.
  [[nodiscard]] std::size_t room(std::size_t pipe);

  /// A quarter of the ring is free: time to go on after it was full.
  [[nodiscard]] bool has_quarter_free();

  /// `bytes` is at most what room() said.
  [[nodiscard]] char* prepare(std::size_t pipe, std::size_t bytes);
  void commit(std::size_t pipe, std::size_t bytes, std::uint64_t time_ns);

  /// The pipe is at its end: its unfinished line becomes a frame marked unterminated. False when
  /// there is no room for that now.
  [[nodiscard]] bool close_pipe(std::size_t pipe, std::uint64_t time_ns);

  // A ring that is a sink's queue is filled frame by frame instead (router/queue_feeder.h).

  /// What frames with their headers may take now.
  [[nodiscard]] std::uint64_t free_bytes_now();
  /// Puts a frame like this one, with `payload`, behind the last; seen when publish_take() says so.
  /// There is room for it.
  void append(const FrameHeader& like, std::string_view payload);
  void publish_take(const QueueTake& take, std::uint64_t time_ns);

  /// Time that pipes waited for room; it becomes visible with the next commit.
  void add_blocked(std::uint64_t ns) { next_.blocked_ns += ns; }

  [[nodiscard]] std::uint32_t sequence() const;
  [[nodiscard]] std::uint64_t head() const { return next_.head; }
  [[nodiscard]] RingMap& ring() { return ring_; }

 private:
  struct PipeLabel {
    Stream stream = Stream::kStdout;
    std::uint16_t incarnation = 0;
  };
  struct Payload {
    std::size_t bytes = 0;  // of the frame, the carry included
    std::size_t lines = 0;
    std::size_t keep_bytes = 0;  // behind it: the next carry
    std::uint8_t flags = 0;
  };

  [[nodiscard]] std::uint64_t free_bytes();
  void find_gate();
  void move_tail(std::uint64_t end);
  void write_frame(std::size_t pipe, const Payload& payload, std::uint64_t time_ns);
  void publish(std::uint64_t time_ns);

  RingMap& ring_;
  CommitSlot next_;  // the committed state, changed here and then published
  std::array<PipeLabel, RingLimits::kPipes> labels_{};
  std::uint64_t gate_ = 0;  // nothing at or behind this place may be overwritten; may lag
};

}  // namespace logging
