#include "logging/inputs/line_watch.h"

#include <algorithm>

namespace logging {

bool LineWatch::look(const RingMap& ring) {
  const std::uint64_t head = ring.commit().head;
  position_ = std::max(position_, ring.header().tail.load(std::memory_order_relaxed));
  while (position_ < head) {
    const auto frame = ring.frame(position_, head);
    if (!frame) {
      position_ = head;  // damaged: its readers find out and tell
      return false;
    }
    const std::string_view lines(ring.at(position_) + sizeof(FrameHeader), frame->bytes);
    position_ += frame_size(frame->bytes);
    if (frame->incarnation == incarnation_ && is_in(lines)) {
      return true;
    }
  }
  return false;
}

bool LineWatch::is_in(std::string_view lines) const {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    if (std::ranges::any_of(regexes_, [&](const Regex& regex) { return regex.matches(line); })) {
      return true;
    }
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
  return false;
}

}  // namespace logging
