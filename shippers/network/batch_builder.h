// Makes a batch out of ring frames: each line an encoded event, each ring one range.
//
// A line that the ring keeps in pieces (over 64 KiB) becomes as many events, of which only the last
// counts as a line. A line that is too long for the destination is cut. Where a source has records,
// its lines go through their pipeline first (logging/pipeline/record_run.h), and what that drops is
// in the range. A batch of records may hold more events than a request takes: the courier cuts it.
// Pure but for the destination's encode(). Owner: the sink.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "logging/handoff/ring_reader.h"
#include "logging/pipeline/record_run.h"
#include "shippers/delivery/batcher.h"
#include "shippers/network/destination.h"
#include "shippers/spool/spool_record.h"

namespace shippers {

class BatchBuilder {
 public:
  struct Source {
    std::string_view service;
    std::string_view host;
    logging::RingConsumer& consumer;
    logging::RecordRun* records = nullptr;  // null: lines are taken as they are
    std::uint64_t realtime_ns = 0;          // by which groups of lines wait for more
    std::uint64_t missing = 0;              // lines before these that were dropped: to be told
  };

  /// Whether a line of that level may go into a batch that has so many bytes already. What may not
  /// is dropped{queue_full}.
  using Admit = std::function<bool(logging::Severity severity, std::size_t payload_bytes)>;

  /// No `admit`: every line may.
  BatchBuilder(const Batcher& batcher, const Destination& destination, Admit admit = {})
      : batcher_(batcher), destination_(destination), admit_(std::move(admit)) {}

  /// Takes lines of `frames` (what the consumer's peek() returned) while they fit and up to about
  /// `bytes_max`. Once per source and batch. False: nothing fits, or a group of lines waits.
  bool take(const Source& source, std::span<const logging::FrameView> frames,
            std::uint64_t bytes_max);

  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] std::uint32_t events() const { return events_; }
  [[nodiscard]] const std::string& payload() const { return payload_; }
  [[nodiscard]] const std::vector<RingRange>& ranges() const { return ranges_; }
  /// Of each range, in their order: the `missing` of its source, once the batch tells of them.
  [[nodiscard]] std::span<const std::uint64_t> told() const { return told_; }
  /// Of each range, in their order: whose cursor moves when the batch is safe.
  [[nodiscard]] std::span<logging::RingConsumer* const> consumers() const { return consumers_; }
  void clear();

  /// For the formatter of a source's records: appends the event that `record` is.
  void write(const logging::Record& record, std::string_view host, std::uint64_t ring_id,
             logging::TextBuffer& out);

 private:
  [[nodiscard]] bool take_records(const Source& source, std::span<const logging::FrameView> frames,
                                  std::uint64_t bytes_max);
  void encode_within_limit(Line line);
  void add_range(const Source& source, const RingRange& range);
  [[nodiscard]] bool may_enter(const Line& line) const;
  void tell_missing(const Source& source, std::uint64_t time_ns);
  [[nodiscard]] bool take_frame(const Source& source, const logging::FrameView& frame,
                                RingRange& range);
  [[nodiscard]] bool add(Line line, std::uint32_t lines);
  void encode(const Line& line);

  const Batcher& batcher_;
  const Destination& destination_;
  Admit admit_;
  std::string payload_;
  std::vector<RingRange> ranges_;
  std::vector<logging::RingConsumer*> consumers_;
  std::vector<std::uint64_t> told_;
  std::uint64_t told_now_ = 0;  // of the range that is being made
  std::uint32_t events_ = 0;
  std::uint64_t bytes_ = 0;    // of events, as they are sent
  std::uint32_t ordinal_ = 0;  // of records in one run
  std::string key_;
  std::string text_;
};

}  // namespace shippers
