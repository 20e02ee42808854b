#include "logging/pipeline/record_run.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/clock.h"

namespace logging {

namespace {

constexpr char kNewline = '\n';

bool is_at_or_behind(const Cursor& cursor, const Cursor& to) {
  return cursor.frame > to.frame || (cursor.frame == to.frame && cursor.offset >= to.offset);
}

/// The part of a frame's view that a run up to `to` has.
std::string_view bytes_until(const FrameView& frame, const Cursor& from, const Cursor* to) {
  if (to == nullptr || frame.position < to->frame) {
    return frame.bytes;
  }
  const std::uint32_t offset = frame.position == from.frame ? from.offset : 0;
  const std::uint32_t end = frame.position == to->frame ? to->offset : 0;
  return frame.bytes.substr(0, end > offset ? end - offset : 0);
}

}  // namespace

RecordRun::RecordRun(Pipeline pipeline, RecordFormatter formatter)
    : pipeline_(std::move(pipeline)),
      formatter_(std::move(formatter)),
      run_(pipeline_, formatter_),
      state_(pipeline_.make_state()) {}

void RecordRun::begin(const Cursor& from) {
  working_ = state_;
  run_.reset(working_);
  good_ = {.cursor = from, .output = 0, .dropped = {}};
  reached_ = from;
  scanned_ = 0;
}

void RecordRun::push_line(const FrameView& frame, std::string_view line, const Cursor& at,
                          bool is_piece, bool counts) {
  if (is_piece && line.empty()) {
    return;  // the line was exactly its pieces
  }
  Record& record = run_.start_record();
  record.stream = frame.header.stream;
  record.incarnation = frame.header.incarnation;
  record.time_ns = frame.header.time_ns;
  record.read_ns = frame.header.time_ns;
  record.position = at.frame + at.offset;
  record.line = at.line;
  record.lines = counts ? 1 : 0;
  record.is_piece = is_piece;
  record.raw = {line, ValueKind::kText};
  record.message = record.raw;
  run_.push();
}

/// Whether the run may end before or behind the line that was pushed. False: it has to stop, for
/// there is no more room.
bool RecordRun::note_good(const Cursor& before, const Cursor& after, const Cursor& from,
                          RecordRoom room) {
  const bool is_over = run_.output().size() > room.bytes;
  if (is_over && !(good_.cursor == from)) {
    return false;
  }
  if (!run_.has_open_group()) {
    good_ = {.cursor = after, .output = run_.output().size(), .dropped = run_.dropped()};
  } else if (run_.is_only_open_at(before.frame + before.offset) && !(before == from)) {
    good_ = {.cursor = before, .output = run_.output().size(), .dropped = run_.dropped()};
  }
  return !is_over;
}

/// False: the run has to stop.
bool RecordRun::scan_frame(const FrameView& frame, const Cursor& from, const Bounds& bounds) {
  const std::string_view bytes = bytes_until(frame, from, bounds.to);
  const std::uint32_t offset = frame.position == from.frame ? from.offset : 0;
  const bool has_end = offset + bytes.size() == frame.header.bytes;
  bool is_piece = offset == 0 && (frame.header.flags & kFrameContinues) != 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const void* found = std::memchr(bytes.data() + at, kNewline, bytes.size() - at);
    const bool ended = found != nullptr;
    const std::size_t end =
        ended ? static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data())
              : bytes.size();
    const std::size_t next = end + (ended ? 1 : 0);
    const bool more = !ended && has_end && (frame.header.flags & kFrameMore) != 0;
    const bool counts = !more && !frame.is_notice();
    const Cursor before = reached_;
    const bool ends_frame = has_end && next == bytes.size();
    reached_ = {.frame = ends_frame ? frame.end_position() : frame.position,
                .offset = ends_frame ? 0 : offset + static_cast<std::uint32_t>(next),
                .reserved = 0,
                .line = before.line + (counts ? 1 : 0)};
    const Cursor place{.frame = frame.position,
                       .offset = offset + static_cast<std::uint32_t>(at),
                       .reserved = 0,
                       .line = before.line};
    push_line(frame, bytes.substr(at, end - at), place, is_piece || more, counts);
    scanned_ += next - at;
    if (!note_good(place, reached_, from, bounds.room)) {
      return false;
    }
    is_piece = false;
    at = next;
  }
  return true;
}

RecordRun::Stop RecordRun::scan(std::span<const FrameView> frames, const Cursor& from,
                                const Bounds& bounds) {
  for (const FrameView& frame : frames) {
    if (bounds.one_stream && frame.header.stream != frames.front().header.stream) {
      return Stop::kOtherStream;
    }
    if (bounds.to != nullptr && is_at_or_behind(reached_, *bounds.to)) {
      break;
    }
    if (!scan_frame(frame, from, bounds)) {
      return Stop::kRoom;
    }
  }
  return Stop::kEnd;
}

/// Groups that are open at the end may still grow, unless their time is over, or the other stream
/// comes next, or there is too much to wait for.
bool RecordRun::must_flush(Stop stop, std::uint64_t realtime_ns) const {
  if (stop == Stop::kOtherStream || !run_.has_open_group()) {
    return true;
  }
  const std::uint64_t newest_ns = run_.newest_open_ns();
  const bool is_old = realtime_ns >= newest_ns + run_.open_timeout_ns();
  const bool clock_was_set_back = realtime_ns + base::kNsPerSecond < newest_ns;
  return is_old || clock_was_set_back ||
         (scanned_ >= RecordRunLimits::kScannedMax && good_.output == 0);
}

/// Ends the run at `place`, which is before what was scanned. A copy: to rebuild is to look for
/// good places anew.
RecordPlan RecordRun::take(Place place, std::span<const FrameView> frames, const Cursor& from) {
  RecordPlan plan{.to = place.cursor, .dropped = place.dropped, .wait_until_ns = 0};
  if (is_stateful()) {
    plan.dropped = rebuild(frames, from, place.cursor);  // steps have seen lines behind the place
  } else {
    run_.output().truncate(place.output);
  }
  return plan;
}

RecordPlan RecordRun::plan(std::span<const FrameView> frames, const Cursor& from, RecordRoom room,
                           bool one_stream, std::uint64_t realtime_ns) {
  ASSERT(!frames.empty());
  begin(from);
  const Stop stop = scan(frames, from, {.room = room, .to = nullptr, .one_stream = one_stream});
  const bool nothing_good = good_.cursor == from;
  if (stop != Stop::kRoom && must_flush(stop, realtime_ns)) {
    run_.flush();
    if (run_.output().size() <= room.bytes || nothing_good) {
      good_ = {.cursor = reached_, .output = run_.output().size(), .dropped = run_.dropped()};
    }
  } else if (nothing_good && stop != Stop::kRoom) {
    run_.output().truncate(0);
    return {.to = from, .wait_until_ns = run_.newest_open_ns() + run_.open_timeout_ns()};
  }
  if (good_.output > room.bytes && !room.fresh) {
    run_.output().truncate(0);
    return {.to = from, .is_full = true};
  }
  const bool exact = good_.cursor == reached_ && good_.output == run_.output().size();
  return exact ? RecordPlan{.to = good_.cursor, .dropped = good_.dropped}
               : take(good_, frames, from);
}

DropCounts RecordRun::rebuild(std::span<const FrameView> frames, const Cursor& from,
                              const Cursor& to) {
  begin(from);
  static_cast<void>(scan(frames, from, {.room = {}, .to = &to, .one_stream = false}));
  run_.flush();
  return run_.dropped();
}

}  // namespace logging
