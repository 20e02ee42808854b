#include "supervisor/control/log_lines.h"

namespace supervisor {

void LogLines::add(const logging::FrameView& frame, std::vector<LogLine>& out) {
  notice_gap(frame, out);
  const logging::FrameHeader& header = frame.header;
  const Pipe pipe{header.stream, header.incarnation};
  if ((header.flags & logging::kFrameContinues) == 0 && open_.contains(pipe)) {
    end_line(header, {}, out);
  }
  std::string_view rest = frame.bytes;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    end_line(header, rest.substr(0, end), out);
    rest.remove_prefix(end + 1);
  }
  if (rest.empty()) {
    return;
  }
  if ((header.flags & logging::kFrameMore) == 0) {
    end_line(header, rest, out);  // kFrameUnterminated
    return;
  }
  Open& open = open_[pipe];
  open.time_ns = header.time_ns;
  open.text += rest;
  if (open.text.size() > kLineBytesMax) {
    end_line(header, {}, out);
  }
}

void LogLines::close(std::vector<LogLine>& out) {
  for (auto& [pipe, open] : open_) {
    out.push_back({.time_ns = open.time_ns, .stream = pipe.first, .text = std::move(open.text)});
  }
  open_.clear();
}

void LogLines::notice_gap(const logging::FrameView& frame, std::vector<LogLine>& out) {
  if (started_ && frame.position != next_position_) {
    close(out);
    missed_ += frame.header.first_line > next_line_ ? frame.header.first_line - next_line_ : 0;
  }
  started_ = true;
  next_position_ = frame.end_position();
  next_line_ = frame.header.first_line + frame.header.lines;
}

/// `rest` ends the line that is open on the frame's pipe, or is a line of its own.
void LogLines::end_line(const logging::FrameHeader& header, std::string_view rest,
                        std::vector<LogLine>& out) {
  LogLine line{.time_ns = header.time_ns, .stream = header.stream, .text = {}};
  const auto open = open_.find({header.stream, header.incarnation});
  if (open != open_.end()) {
    line.text = std::move(open->second.text);
    open_.erase(open);
  }
  line.text += rest;
  out.push_back(std::move(line));
}

}  // namespace supervisor
