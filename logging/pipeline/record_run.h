// Frames to a run of formatted records: how far it reaches, and the same run once more.
//
// plan() takes frames from a cursor and chooses where the run ends: where no group of lines that
// belong together is torn, and where the output fits. Groups that may still grow are left for the
// next run, until their time-out is over. rebuild() gives the bytes of [from, to) again, from the
// frames alone, as long as no step is stateful.
//
// Stateful steps (limit, dedupe) work on a copy of their state: commit() makes it the state that
// the next run begins with; a run that was planned and not committed has not happened. Threads: the
// sink's. Owner: the sink, one for each of its inputs. Lifetime: output() until the next plan() or
// rebuild().
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "logging/handoff/ring_reader.h"
#include "logging/pipeline/pipeline.h"
#include "logging/pipeline/pipeline_run.h"

namespace logging {

struct RecordRunLimits {
  /// When no place to end was found in so much, groups are torn.
  static constexpr std::size_t kScannedMax = 128 * 1024;
  /// Sinks with multiline steps look at least this far, so that they find one.
  static constexpr std::size_t kPeekBytes = 256 * 1024;
  /// The realtime of a plan behind which nothing comes: no group waits.
  static constexpr std::uint64_t kEndOfTimeNs = UINT64_MAX / 2;
};

struct RecordPlan {
  Cursor to;
  DropCounts dropped{};
  /// Nothing can be taken before this (realtime), unless more comes; 0: something was taken.
  std::uint64_t wait_until_ns = 0;
  /// Not one record fits into what is left of the file.
  bool is_full = false;
};

struct RecordRoom {
  std::uint64_t bytes = UINT64_MAX;
  bool fresh = true;  // the first record goes in all the same
};

class RecordRun {
 public:
  RecordRun(Pipeline pipeline, RecordFormatter formatter);
  RecordRun(const RecordRun&) = delete;
  RecordRun& operator=(const RecordRun&) = delete;

  /// `frames` is not empty and starts at `from`. With `one_stream` the run ends where the other
  /// stream begins.
  [[nodiscard]] RecordPlan plan(std::span<const FrameView> frames, const Cursor& from,
                                RecordRoom room, bool one_stream, std::uint64_t realtime_ns);

  /// The drops of [from, to); the bytes are in output(). Exact when the pipeline is not stateful.
  [[nodiscard]] DropCounts rebuild(std::span<const FrameView> frames, const Cursor& from,
                                   const Cursor& to);

  [[nodiscard]] std::string_view output() { return run_.output().text(); }
  [[nodiscard]] bool is_multiline() const { return pipeline_.is_multiline(); }
  [[nodiscard]] bool is_stateful() const { return pipeline_.is_stateful(); }

  /// What was planned last is written.
  void commit() { state_ = working_; }

 private:
  /// A place between two lines, and what the run has given when it ends there.
  struct Place {
    Cursor cursor;
    std::size_t output = 0;
    DropCounts dropped{};
  };
  struct Bounds {
    RecordRoom room;
    const Cursor* to = nullptr;  // where the run ends; null: as far as it may
    bool one_stream = false;
  };
  enum class Stop : std::uint8_t { kEnd, kOtherStream, kRoom };

  void begin(const Cursor& from);
  [[nodiscard]] Stop scan(std::span<const FrameView> frames, const Cursor& from,
                          const Bounds& bounds);
  [[nodiscard]] bool scan_frame(const FrameView& frame, const Cursor& from, const Bounds& bounds);
  void push_line(const FrameView& frame, std::string_view line, const Cursor& at, bool is_piece,
                 bool counts);
  [[nodiscard]] bool note_good(const Cursor& before, const Cursor& after, const Cursor& from,
                               RecordRoom room);
  void end_at(const Cursor& cursor);
  [[nodiscard]] RecordPlan take(Place place, std::span<const FrameView> frames, const Cursor& from);
  [[nodiscard]] bool must_flush(Stop stop, std::uint64_t realtime_ns) const;

  Pipeline pipeline_;
  RecordFormatter formatter_;
  PipelineRun run_;
  Pipeline::State state_;
  Pipeline::State working_;
  Place good_;               // the last place at which the run may end
  Cursor reached_;           // behind the last line that was pushed
  std::size_t scanned_ = 0;  // bytes
};

}  // namespace logging
