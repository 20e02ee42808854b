// Lines with something before each: a time stamp, labels (lines/line_head.h).
//
// Of a long line that comes in pieces the first one alone has a head, unless another pipe's bytes
// came between: what follows then is a line of its own and has one too. A run is made in a buffer
// of about kMadeBytes, which stays in the processor's cache until it is written.
// Lifetime: `run` views the buffer, until the next call.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "shippers/file/run.h"
#include "shippers/lines/line_head.h"

namespace shippers {

struct LineRunLimits {
  static constexpr std::size_t kMadeBytes = 256 * 1024;  // a run has at most one line more
  static constexpr std::size_t kLineEnds = 1024;         // found at once
};

class LineRun final : public RunFormat {
 public:
  explicit LineRun(LineHead head) : head_(std::move(head)) {}

  [[nodiscard]] RunPlan plan(const RunSource& source, FileRoom room, Run& run) override;
  void rebuild(const RunSource& source, const logging::Cursor& to, Run& run) override;

 private:
  /// Where and how the next line goes.
  struct Place {
    std::string_view head;
    std::uint64_t room = UINT64_MAX;  // of the whole run
    bool separate = false;            // a newline comes first
    bool must_take = false;           // whatever the room
  };

  [[nodiscard]] std::size_t add(Run& run, const logging::FrameView& frame, const Slice& slice,
                                FileRoom room);
  [[nodiscard]] std::size_t add_lines(const Slice& slice, Place place, std::string_view next_head);
  [[nodiscard]] bool add_line(std::string_view line, Place& place, bool terminate);
  void finish(Run& run);

  LineHead head_;
  std::string made_;
  std::array<std::uint32_t, LineRunLimits::kLineEnds> ends_{};
};

}  // namespace shippers
