#include "shippers/file/line_run.h"

#include "logging/parse/newlines.h"

namespace shippers {

using logging::FrameView;
using logging::LineEnds;

bool LineRun::add_line(std::string_view line, Place& place, bool terminate) {
  const std::size_t bytes =
      place.head.size() + line.size() + (place.separate ? 1U : 0U) + (terminate ? 1U : 0U);
  const bool fits = made_.size() + bytes <= place.room && made_.size() < LineRunLimits::kMadeBytes;
  if (!fits && !place.must_take) {
    return false;
  }
  if (place.separate) {
    made_ += '\n';
  }
  made_ += place.head;
  made_ += line;
  if (terminate) {
    made_ += '\n';
  }
  place.separate = place.must_take = false;
  return true;
}

/// Adds the lines of `slice` that fit; `place` is for the first, the others have `next_head`.
/// Returns how many bytes of the slice it took.
std::size_t LineRun::add_lines(const Slice& slice, Place place, std::string_view next_head) {
  std::size_t taken = 0;
  while (taken < slice.bytes.size()) {
    const std::string_view rest = slice.bytes.substr(taken);
    const LineEnds found = logging::find_line_ends(rest, ends_);
    std::size_t start = 0;
    for (std::size_t index = 0; index < found.count; ++index) {
      if (!add_line(rest.substr(start, ends_[index] - start), place, false)) {
        return taken + start;
      }
      place.head = next_head;
      start = ends_[index];
    }
    taken += start;
    if (found.scanned_bytes == rest.size() && start < rest.size()) {
      const std::string_view last = rest.substr(start);  // without a newline
      return add_line(last, place, slice.unterminated) ? taken + last.size() : taken;
    }
  }
  return taken;
}

std::size_t LineRun::add(Run& run, const FrameView& frame, const Slice& slice, FileRoom room) {
  const bool continues = continues_open_line(run, frame, slice);
  const bool separate = must_end_open_line(run, frame, slice);
  const std::string_view head = head_.of(frame.header);
  const Place first{.head = continues ? std::string_view() : head,
                    .room = room.bytes,
                    .separate = separate,
                    // A line is never split over two files.
                    .must_take = made_.empty() && (continues || (room.fresh && !separate))};
  const std::size_t taken = add_lines(slice, first, head);
  if (taken > 0) {
    const bool open = taken == slice.bytes.size() && slice.more;
    run.open_after = open ? open_line_of(run.ring_id, frame.header) : OpenLine{};
  } else if (made_.empty() && separate) {
    made_ += '\n';
    run.open_after = OpenLine{};
  }
  return taken;
}

void LineRun::finish(Run& run) {
  run.parts.push_back({.iov_base = made_.data(), .iov_len = made_.size()});
  run.bytes = made_.size();
}

RunPlan LineRun::plan(const RunSource& source, FileRoom room, Run& run) {
  start_run(source, run);
  made_.clear();
  for (const FrameView& frame : source.frames) {
    if (source.one_stream && frame.header.stream != source.frames.front().header.stream) {
      break;
    }
    const Slice slice = slice_of(frame, source.from, frame.bytes);
    const std::size_t taken = add(run, frame, slice, room);
    if (taken > 0) {
      run.to = logging::RingConsumer::advance(run.to, frame, taken);
    }
    if (taken < slice.bytes.size()) {
      break;
    }
  }
  if (made_.empty()) {
    return RunPlan::kRotateFirst;
  }
  finish(run);
  return RunPlan::kWrite;
}

void LineRun::rebuild(const RunSource& source, const logging::Cursor& to, Run& run) {
  start_run(source, run);
  made_.clear();
  for (const FrameView& frame : source.frames) {
    const Slice slice = slice_between(frame, source.from, to);
    if (!slice.bytes.empty()) {
      static_cast<void>(add(run, frame, slice, FileRoom{}));
    }
  }
  if (source.from == to && source.open.state == LineState::kOpen) {
    made_ += '\n';
    run.open_after = OpenLine{};
  }
  run.to = to;
  finish(run);
}

}  // namespace shippers
