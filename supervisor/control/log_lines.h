// Frames of one ring back into lines, for `birl logs`.
//
// Pieces of a long line (kFrameMore, kFrameContinues) are rejoined per pipe; an unterminated line
// is a line. Where frames are missing, because the producer has overtaken the reader, open pieces
// are given out as they are: joining what does not belong together would invent a line. Pure.
// Threads: one owner.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "logging/handoff/ring_reader.h"

namespace supervisor {

struct LogLine {
  std::uint64_t time_ns = 0;
  logging::Stream stream = logging::Stream::kStdout;
  std::string text;  // without its newline

  friend bool operator==(const LogLine&, const LogLine&) = default;
};

class LogLines {
 public:
  static constexpr std::size_t kLineBytesMax = std::size_t{64} << 20U;  // a longer one is cut

  /// Appends the lines that end in `frame`. Frames come in the order of their positions.
  void add(const logging::FrameView& frame, std::vector<LogLine>& out);

  /// What is open becomes lines: nothing more will come.
  void close(std::vector<LogLine>& out);

  /// Lines that were overwritten before they could be read, since the first frame.
  [[nodiscard]] std::uint64_t missed() const { return missed_; }

 private:
  using Pipe = std::pair<logging::Stream, std::uint16_t>;
  struct Open {
    std::uint64_t time_ns = 0;
    std::string text;
  };

  void notice_gap(const logging::FrameView& frame, std::vector<LogLine>& out);
  void end_line(const logging::FrameHeader& header, std::string_view rest,
                std::vector<LogLine>& out);

  std::map<Pipe, Open> open_;
  std::uint64_t missed_ = 0;
  std::uint64_t next_position_ = 0;
  std::uint64_t next_line_ = 0;
  bool started_ = false;
};

}  // namespace supervisor
