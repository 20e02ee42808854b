// Whether a place where lines end up (a file, an output of the console) ends inside a line.
//
// A line is open when its last piece has not come: more of it may come from the same pipe (ring,
// stream, incarnation). Whatever else comes first ends it. The struct lies in the router's state
// (file/file_record.h). Pure.
#pragma once

#include <cstdint>

#include "logging/handoff/ring_reader.h"

namespace shippers {

/// How the last line of a file ends.
enum class LineState : std::uint8_t {
  kNone = 0,     // with its newline, or the file is empty
  kOpen = 1,     // more pieces of it may come from the pipe named beside this
  kUnknown = 2,  // perhaps without a newline: whatever comes next looks, or ends it first
};

struct OpenLine {
  std::uint64_t ring_id = 0;
  LineState state = LineState::kNone;
  logging::Stream stream = logging::Stream::kStdout;
  std::uint16_t incarnation = 0;
  std::uint32_t reserved = 0;

  friend bool operator==(const OpenLine&, const OpenLine&) = default;
};

/// The frame comes from the pipe that `open` speaks of.
[[nodiscard]] inline bool is_of_pipe(const OpenLine& open, std::uint64_t ring_id,
                                     const logging::FrameHeader& frame) {
  return open.ring_id == ring_id && open.stream == frame.stream &&
         open.incarnation == frame.incarnation;
}

/// The line of this frame's pipe, open.
[[nodiscard]] inline OpenLine open_line_of(std::uint64_t ring_id,
                                           const logging::FrameHeader& frame) {
  return {.ring_id = ring_id,
          .state = LineState::kOpen,
          .stream = frame.stream,
          .incarnation = frame.incarnation};
}

}  // namespace shippers
