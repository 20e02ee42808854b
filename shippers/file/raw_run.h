// The raw format: which bytes a run of frames becomes, without copying one.
//
// A run is what one write adds to one file: frames of one ring from a cursor to another, and the
// newlines that keep lines apart. Bytes are exactly what the service wrote, with two exceptions:
//   - a line that is still open (its next piece has not come) is ended with a newline before bytes
//     of another pipe, so that lines are never glued;
//   - a line that its pipe left without a newline gets one.
// The same frames and the same `open_before` always make the same bytes: recovery relies on it.
//
// Pure. Lifetime: `parts` view the frames.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "logging/handoff/ring_reader.h"
#include "shippers/file/file_record.h"

namespace shippers {

struct RunLimits {
  static constexpr std::size_t kParts = 1024;  // IOV_MAX
};

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
  std::vector<iovec> parts;
  std::uint64_t bytes = 0;
};

enum class RunPlan { kWrite, kRotateFirst };

/// Takes as many frames as the room allows; splits one at a line's end when it must. With
/// `one_stream`, stops where the other stream begins. `frames` is not empty and starts at `from`;
/// `open` is not kUnknown.
[[nodiscard]] RunPlan plan_run(std::span<const logging::FrameView> frames, std::uint64_t ring_id,
                               const logging::Cursor& from, const OpenLine& open, FileRoom room,
                               bool one_stream, Run& run);

/// The run [from, to) once more, from the frames that frames_between() found.
[[nodiscard]] Run rebuild_run(std::span<const logging::FrameView> frames, std::uint64_t ring_id,
                              const logging::Cursor& from, const logging::Cursor& to,
                              const OpenLine& open);

}  // namespace shippers
