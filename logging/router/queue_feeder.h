// Moves the lines of one service from its ring into the queue of one sink, which is a ring as well:
// what drop-newest and drop-by-level do (admission.h says who gets in).
//
//     step()    frames from the service's ring → queue frames | queue commit, with the place that
//               was taken up to | cursor in the service's ring = that place; what went into the
//               queue counts as spooled there, the rest as dropped{queue_full}
//     settle()  what the sink has done with the queue's lines leaves `spooled`
//
// A router killed between the two commits is made up for by the next one's recover(): the queue's
// commit says what it took. So from ring to queue every line goes exactly once, and the service's
// ring has the whole ledger. Where lines were dropped, a notice that counts as no line stands in
// the queue before what comes next (at most one in kNoticeNs).
//
// A line's pieces share its fate, but for a line whose beginning is in the queue when room runs
// out: it stays cut short, and counts as dropped. Threads: one, the queue's (sink_queue.h); the
// sink's thread reads the queue. The consumer and the ring outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "logging/handoff/ring_map.h"
#include "logging/handoff/ring_reader.h"
#include "logging/handoff/ring_writer.h"
#include "logging/severity.h"
#include "logging/sink_config.h"

namespace logging {

struct QueueFeederLimits {
  static constexpr std::size_t kTakeBytes = 256 * 1024;  // of one step()
  static constexpr std::uint64_t kNoticeNs = 100'000'000;
  static constexpr std::uint64_t kNoticeBytes = 512;  // kept free for one
};

class QueueFeeder {
 public:
  struct Options {
    std::string service;
    WhenFull policy = WhenFull::kDropNewest;  // block: what finds no room stays where it is
    Severity stderr_severity = Severity::kError;
  };
  /// `queue` is a queue of `source`'s ring (RingHeader::origin).
  QueueFeeder(Options options, RingConsumer& source, RingMap& queue);

  /// Makes the cursor in the service's ring agree with the queue. Once, before the first step().
  void recover();

  /// False: there was nothing, or no room for anything (block).
  [[nodiscard]] base::Result<bool> step(std::uint64_t now_ns);

  /// True: something has left the queue since the last time.
  bool settle();

  /// Monotonic; when step() has a notice to write though no line comes. 0: none.
  [[nodiscard]] std::uint64_t due_ns() const { return untold_ == 0 ? 0 : notice_due_ns_; }

 private:
  struct Line {
    std::string_view text;
    bool continues = false;  // a piece that is not the first
    bool more = false;       // ... not the last
  };
  enum class Fate : std::uint8_t { kIn, kDropped, kStays };

  void begin(std::uint64_t now_ns);
  [[nodiscard]] bool take_frame(const FrameView& frame);
  [[nodiscard]] bool take_whole(const FrameView& frame);
  [[nodiscard]] bool take_lines(const FrameView& frame);
  [[nodiscard]] Fate judge(const FrameView& frame, const Line& line, std::size_t run_bytes);
  [[nodiscard]] bool fits(std::uint64_t payload_bytes, std::uint64_t limit) const;
  void append_run(const FrameView& frame, std::size_t from, std::size_t to, std::uint32_t lines);
  void append_frame(const FrameHeader& like, std::string_view payload);
  void append_notice(const FrameHeader& like);
  [[nodiscard]] bool tell_late(std::uint64_t now_ns);
  void publish(std::uint64_t time_ns);
  [[nodiscard]] ConsumerRecord& reader() const { return queue_.consumer(0); }

  Options options_;
  RingConsumer& source_;
  RingMap& queue_;
  RingWriter writer_;
  QueueTake take_;
  std::uint64_t used_ = 0;     // bytes of the queue, in this step
  std::uint64_t dropped_ = 0;  // lines, in this step
  std::uint64_t untold_ = 0;   // dropped lines that no notice has told of
  std::uint64_t now_ns_ = 0;
  std::uint64_t notice_due_ns_ = 0;
  FrameHeader last_dropped_{};            // whose stream a late notice goes to
  std::map<std::uint32_t, bool> losing_;  // pipes in the middle of a line that is dropped
};

}  // namespace logging
