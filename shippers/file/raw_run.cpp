#include "shippers/file/raw_run.h"

#include "base/check.h"

namespace shippers {

namespace {

using logging::FrameView;

constexpr char kNewline = '\n';

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
  if (count == slice.bytes.size() && slice.unterminated) {
    add_part(run, &kNewline, 1);
  } else if (count == slice.bytes.size() && slice.more) {
    run.open_after = open_line_of(run.ring_id, frame.header);
  }
}

void take(Run& run, const FrameView& frame, const Slice& slice, std::size_t count) {
  add(run, frame, slice, count);
  run.to = logging::RingConsumer::advance(run.to, frame, count);
}

std::uint64_t bytes_needed(const Run& run, const FrameView& frame, const Slice& slice) {
  return slice.bytes.size() + (must_end_open_line(run, frame, slice) ? 1U : 0U) +
         (slice.unterminated ? 1U : 0U);
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

}  // namespace

RunPlan RawRun::plan(const RunSource& source, FileRoom room, Run& run) {
  start_run(source, run);
  constexpr std::size_t kPartsPerFrame = 3;
  for (const FrameView& frame : source.frames) {
    if ((source.one_stream && frame.header.stream != source.frames.front().header.stream) ||
        run.parts.size() + kPartsPerFrame > RawRunLimits::kParts) {
      break;
    }
    const Slice slice = slice_of(frame, source.from, frame.bytes);
    if (run.bytes + bytes_needed(run, frame, slice) > room.bytes) {
      return add_overflowing(run, frame, slice, room);
    }
    take(run, frame, slice, slice.bytes.size());
  }
  return RunPlan::kWrite;
}

void RawRun::rebuild(const RunSource& source, const logging::Cursor& to, Run& run) {
  start_run(source, run);
  for (const FrameView& frame : source.frames) {
    const Slice slice = slice_between(frame, source.from, to);
    if (!slice.bytes.empty()) {
      add(run, frame, slice, slice.bytes.size());
    }
  }
  if (source.from == to && source.open.state == LineState::kOpen) {
    end_open_line(run);
  }
  run.to = to;
}

}  // namespace shippers
