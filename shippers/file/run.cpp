#include "shippers/file/run.h"

#include "base/check.h"

namespace shippers {

using logging::Cursor;
using logging::FrameView;

Slice slice_of(const FrameView& frame, const Cursor& from, std::string_view bytes) {
  const std::uint32_t offset = frame.position == from.frame ? from.offset : 0;
  const bool ends_frame = offset + bytes.size() == frame.header.bytes;
  return {.bytes = bytes,
          .continues = offset == 0 && (frame.header.flags & logging::kFrameContinues) != 0,
          .more = ends_frame && (frame.header.flags & logging::kFrameMore) != 0,
          .unterminated = ends_frame && (frame.header.flags & logging::kFrameUnterminated) != 0};
}

Slice slice_between(const FrameView& frame, const Cursor& from, const Cursor& to) {
  const std::uint32_t offset = frame.position == from.frame ? from.offset : 0;
  std::string_view bytes = frame.bytes;
  if (frame.position == to.frame) {
    bytes = bytes.substr(0, to.offset - offset);
  }
  return slice_of(frame, from, bytes);
}

void start_run(const RunSource& source, Run& run) {
  ASSERT(source.open.state != LineState::kUnknown);
  run.ring_id = source.ring_id;
  run.from = run.to = source.from;
  run.open_before = run.open_after = source.open;
  run.parts.clear();
  run.bytes = 0;
  run.dropped = {};
  run.wait_until_ns = 0;
}

bool continues_open_line(const Run& run, const FrameView& frame, const Slice& slice) {
  return run.open_after.state == LineState::kOpen && slice.continues &&
         is_of_pipe(run.open_after, run.ring_id, frame.header);
}

bool must_end_open_line(const Run& run, const FrameView& frame, const Slice& slice) {
  return run.open_after.state == LineState::kOpen && !continues_open_line(run, frame, slice);
}

}  // namespace shippers
