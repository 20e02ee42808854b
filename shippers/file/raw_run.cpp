#include "shippers/file/raw_run.h"

#include <cstring>
#include <string_view>

#include "base/check.h"

namespace shippers {

namespace {

using logging::FrameView;

constexpr char kNewline = '\n';

/// What plain iovecs cannot say about the bytes of a frame that are still to do.
struct Slice {
  std::string_view bytes;
  bool continues = false;   // its first line began in an earlier frame
  bool ends_frame = false;  // the frame's flags speak of its last line
};

Slice slice_of(const FrameView& frame, const logging::Cursor& from, std::string_view bytes) {
  const std::uint32_t offset = frame.position == from.frame ? from.offset : 0;
  return {.bytes = bytes,
          .continues = offset == 0 && (frame.header.flags & logging::kFrameContinues) != 0,
          .ends_frame = offset + bytes.size() == frame.header.bytes};
}

bool same_pipe(const OpenLine& open, std::uint64_t ring_id, const FrameView& frame) {
  return open.ring_id == ring_id && open.stream == frame.header.stream &&
         open.incarnation == frame.header.incarnation;
}

bool continues_open_line(const Run& run, const FrameView& frame, const Slice& slice) {
  return run.open_after.state == LineState::kOpen && slice.continues &&
         same_pipe(run.open_after, run.ring_id, frame);
}

bool must_end_open_line(const Run& run, const FrameView& frame, const Slice& slice) {
  return run.open_after.state == LineState::kOpen && !continues_open_line(run, frame, slice);
}

void add_part(Run& run, const char* data, std::size_t bytes) {
  run.parts.push_back({.iov_base = const_cast<char*>(data), .iov_len = bytes});
  run.bytes += bytes;
}

void end_open_line(Run& run) {
  add_part(run, &kNewline, 1);
  run.open_after = OpenLine{};
}

/// Adds the first `count` bytes of `slice`: all of them, or whole lines.
void add(Run& run, const FrameView& frame, const Slice& slice, std::size_t count) {
  ASSERT(count > 0 && count <= slice.bytes.size());
  if (must_end_open_line(run, frame, slice)) {
    end_open_line(run);
  }
  add_part(run, slice.bytes.data(), count);
  run.open_after = OpenLine{};
  if (count == slice.bytes.size() && slice.ends_frame) {
    if ((frame.header.flags & logging::kFrameUnterminated) != 0) {
      add_part(run, &kNewline, 1);
    } else if ((frame.header.flags & logging::kFrameMore) != 0) {
      run.open_after = {.ring_id = run.ring_id,
                        .state = LineState::kOpen,
                        .stream = frame.header.stream,
                        .incarnation = frame.header.incarnation};
    }
  }
}

void take(Run& run, const FrameView& frame, const Slice& slice, std::size_t count) {
  add(run, frame, slice, count);
  run.to = logging::RingConsumer::advance(run.to, frame, count);
}

std::uint64_t bytes_needed(const Run& run, const FrameView& frame, const Slice& slice) {
  const bool unterminated = (frame.header.flags & logging::kFrameUnterminated) != 0;
  return slice.bytes.size() + (must_end_open_line(run, frame, slice) ? 1U : 0U) +
         (unterminated ? 1U : 0U);
}

/// The whole lines at the start of `bytes` that fit into `room`.
std::size_t fitting_lines(std::string_view bytes, std::uint64_t room) {
  if (room == 0 || bytes.empty()) {
    return 0;
  }
  const std::size_t last = bytes.rfind(kNewline, static_cast<std::size_t>(room) - 1);
  return last == std::string_view::npos ? 0 : last + 1;
}

std::size_t first_line(std::string_view bytes) {
  const std::size_t newline = bytes.find(kNewline);
  return newline == std::string_view::npos ? bytes.size() : newline + 1;
}

/// The first frame that does not fit whole: takes of it what must or may go into this file.
RunPlan add_overflowing(Run& run, const FrameView& frame, const Slice& slice, FileRoom room) {
  const std::uint64_t separator = must_end_open_line(run, frame, slice) ? 1 : 0;
  const std::uint64_t taken = run.bytes + separator;
  const std::size_t lines = room.bytes > taken ? fitting_lines(slice.bytes, room.bytes - taken) : 0;
  if (lines > 0) {
    take(run, frame, slice, lines);
  } else if (run.bytes == 0) {
    if (continues_open_line(run, frame, slice)) {
      take(run, frame, slice, first_line(slice.bytes));  // a line is never split over two files
    } else if (separator > 0) {
      end_open_line(run);
    } else if (room.fresh) {
      take(run, frame, slice, first_line(slice.bytes));
    } else {
      return RunPlan::kRotateFirst;
    }
  }
  return RunPlan::kWrite;
}

Run start_run(std::uint64_t ring_id, const logging::Cursor& from, const OpenLine& open) {
  ASSERT(open.state != LineState::kUnknown);
  Run run;
  run.ring_id = ring_id;
  run.from = run.to = from;
  run.open_before = run.open_after = open;
  return run;
}

}  // namespace

RunPlan plan_run(std::span<const FrameView> frames, std::uint64_t ring_id,
                 const logging::Cursor& from, const OpenLine& open, FileRoom room, bool one_stream,
                 Run& run) {
  run = start_run(ring_id, from, open);
  constexpr std::size_t kPartsPerFrame = 3;
  for (const FrameView& frame : frames) {
    if ((one_stream && frame.header.stream != frames.front().header.stream) ||
        run.parts.size() + kPartsPerFrame > RunLimits::kParts) {
      break;
    }
    const Slice slice = slice_of(frame, from, frame.bytes);
    if (run.bytes + bytes_needed(run, frame, slice) > room.bytes) {
      return add_overflowing(run, frame, slice, room);
    }
    take(run, frame, slice, slice.bytes.size());
  }
  return RunPlan::kWrite;
}

Run rebuild_run(std::span<const FrameView> frames, std::uint64_t ring_id,
                const logging::Cursor& from, const logging::Cursor& to, const OpenLine& open) {
  Run run = start_run(ring_id, from, open);
  for (const FrameView& frame : frames) {
    const std::uint32_t offset = frame.position == from.frame ? from.offset : 0;
    std::string_view bytes = frame.bytes;
    if (frame.position == to.frame) {
      bytes = bytes.substr(0, to.offset - offset);
    }
    if (!bytes.empty()) {
      add(run, frame, slice_of(frame, from, bytes), bytes.size());
    }
  }
  if (from == to && open.state == LineState::kOpen) {
    end_open_line(run);
  }
  run.to = to;
  return run;
}

}  // namespace shippers
