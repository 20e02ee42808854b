// A run: what one write adds to one file. And the seam for what frames become in a file.
//
// A run holds frames of one ring from a cursor to another. A RunFormat decides which bytes they
// become: the service's own (raw_run.h), or lines with something before them (line_run.h). It may
// take less than it is offered, and must not split a line over two files. The same frames and the
// same `open` always make the same bytes: that is how a half written run is recognized and
// completed after the router's death. Lines are never glued: a line that is still open gets a
// newline before bytes of another pipe, and so does one that its pipe left without.
// Threads: the sink's. Owner: a format belongs to one input of the sink, for it may keep state.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "logging/handoff/ring_reader.h"
#include "shippers/lines/open_line.h"

namespace shippers {

/// How much may go into the file before it has to be rotated.
struct FileRoom {
  std::uint64_t bytes = UINT64_MAX;
  bool fresh = true;  // the file is empty: a longer line than `bytes` goes in all the same
};

struct Run {
  std::uint64_t ring_id = 0;
  logging::Cursor from;
  logging::Cursor to;  // equal to `from` when only an open line is ended
  OpenLine open_before;
  OpenLine open_after;
  std::vector<iovec> parts;  // views of the frames or of the format's own memory
  std::uint64_t bytes = 0;   // 0: all lines are dropped
  logging::DropCounts dropped{};
  std::uint64_t wait_until_ns = 0;  // realtime; of kWait
};

/// What a run is made of.
struct RunSource {
  std::span<const logging::FrameView> frames;  // not empty; they start at `from`
  std::uint64_t ring_id = 0;
  logging::Cursor from;
  OpenLine open;            // of the file, not kUnknown
  bool one_stream = false;  // stop where the other stream begins
  std::uint64_t realtime_ns = 0;
};

/// kWait: lines that may still grow; nothing before them is to be written.
enum class RunPlan { kWrite, kRotateFirst, kWait };

class RunFormat {
 public:
  virtual ~RunFormat() = default;

  /// Takes as much as the room allows. `run` is good until the next call or the ring's commit.
  [[nodiscard]] virtual RunPlan plan(const RunSource& source, FileRoom room, Run& run) = 0;

  /// The run [source.from, to) once more, from the frames that frames_between() found.
  virtual void rebuild(const RunSource& source, const logging::Cursor& to, Run& run) = 0;

  /// The run that was planned or rebuilt last is written.
  virtual void committed() {}

  /// It has to see at least so much to find an end.
  [[nodiscard]] virtual std::size_t peek_bytes_min() const { return 0; }
};

// What formats share.

/// The bytes of a frame that are still to do, and what the frame's flags say of them.
struct Slice {
  std::string_view bytes;
  bool continues = false;     // its first line began in an earlier frame
  bool more = false;          // its last line goes on in a later one
  bool unterminated = false;  // its last line has no newline and is over
};

/// `bytes` are those of `frame` from `from` on, or a part of them that starts there.
[[nodiscard]] Slice slice_of(const logging::FrameView& frame, const logging::Cursor& from,
                             std::string_view bytes);

/// The part of `frame` that lies in [from, to).
[[nodiscard]] Slice slice_between(const logging::FrameView& frame, const logging::Cursor& from,
                                  const logging::Cursor& to);

/// An empty run; keeps the memory of run.parts.
void start_run(const RunSource& source, Run& run);

/// The slice goes on with the line that the run leaves open.
[[nodiscard]] bool continues_open_line(const Run& run, const logging::FrameView& frame,
                                       const Slice& slice);
/// The run leaves a line open that the slice does not go on with.
[[nodiscard]] bool must_end_open_line(const Run& run, const logging::FrameView& frame,
                                      const Slice& slice);

}  // namespace shippers
