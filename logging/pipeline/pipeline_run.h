// One run of a pipeline: records in, formatted bytes out, drops counted by reason.
//
// Threads: one owner. Lifetime: what is pushed must stay until the run is over; reset() begins the
// next one.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "logging/arena.h"
#include "logging/format/record_format.h"
#include "logging/pipeline/pipeline.h"

namespace logging {

class PipelineRun {
 public:
  PipelineRun(const Pipeline& pipeline, RecordFormatter& formatter);

  /// Begins a run with what earlier ones left in `state` (borrowed until the next reset).
  void reset(Pipeline::State& state);

  /// An empty record with the source's fields, to be filled and pushed.
  [[nodiscard]] Record& start_record();
  void push();

  /// Ends all groups, the oldest first.
  void flush();

  [[nodiscard]] bool has_open_group() const { return open_groups_ > 0; }
  /// The only open group begins there: everything before it is in the output or dropped.
  [[nodiscard]] bool is_only_open_at(std::uint64_t position) const;
  /// When the last line of an open group was read.
  [[nodiscard]] std::uint64_t newest_open_ns() const;
  [[nodiscard]] std::uint64_t open_timeout_ns() const { return open_timeout_ns_; }

  [[nodiscard]] TextBuffer& output() { return output_; }
  [[nodiscard]] DropCounts& dropped() { return dropped_; }
  [[nodiscard]] Arena& arena() { return arena_; }

 private:
  struct Group {
    bool open = false;
    bool owned = false;  // message and raw are one buffer of our own in the arena
    TraceState state = TraceState::kLine;
    std::uint64_t last_ns = 0;
    std::uint64_t last_end = 0;
    std::size_t capacity = 0;
    const MultilineStep* step = nullptr;
    std::size_t next_step = 0;
    Record record;
  };
  enum class Fate : std::uint8_t { kPasses, kDropped, kHeld };

  void run_from(Record& record, std::size_t step);
  Fate apply(const Step& step, Record& record, std::size_t index);
  Fate apply_parse(const ParseStep& step, Record& record);
  Fate apply_level(const LevelStep& step, Record& record);
  Fate apply_limit(const LimitStep& step, Record& record);
  Fate apply_dedupe(const DedupeStep& step, Record& record, std::size_t index);
  Fate hold(const MultilineStep& step, Record& record, std::size_t index);
  Fate drop(const Record& record, DropReason reason);

  [[nodiscard]] ParseProblem parse(const ParseStep& step, Record& record);
  [[nodiscard]] Group& group_of(const MultilineStep& step, Stream stream);
  [[nodiscard]] bool joins(const MultilineStep& step, Group& group, const Record& record) const;
  [[nodiscard]] static bool is_over(const MultilineStep& step, const Group& group,
                                    const Record& record);
  void join(Group& group, const Record& record);
  void open(Group& group, Record& record, const MultilineStep& step, std::size_t index);
  void close(Group& group);
  void extend(Value& value, const Value& next, std::size_t& capacity, bool& owned);
  void know_severity(Record& record) const;
  void emit(Record& record);

  const Pipeline& pipeline_;
  RecordFormatter& formatter_;
  Pipeline::State* state_ = nullptr;
  Arena arena_;
  JsonParser json_;
  FieldList parsed_;
  TextBuffer output_;
  DropCounts dropped_{};
  Record record_;
  std::vector<std::array<Group, RingLimits::kStreams>> groups_;
  std::size_t open_groups_ = 0;
  std::uint64_t open_timeout_ns_ = 0;
};

}  // namespace logging
