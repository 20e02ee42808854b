#include "shippers/network/batch_builder.h"

#include <algorithm>

#include "base/utf8.h"

namespace shippers {

namespace {

/// At most `bytes`, and not in the middle of a character.
std::string_view cut_text(std::string_view text, std::size_t bytes) {
  text = text.substr(0, bytes);
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte >= 0xC0) {
      const bool whole = base::utf8_sequence_bytes(text.substr(text.size() - back)) == back;
      return whole ? text : text.substr(0, text.size() - back);
    }
    if (byte < 0x80) {
      break;
    }
  }
  return text;
}

}  // namespace

void BatchBuilder::clear() {
  payload_.clear();
  ranges_.clear();
  consumers_.clear();
  events_ = 0;
  bytes_ = 0;
}

bool BatchBuilder::take(const Source& source, std::span<const logging::FrameView> frames,
                        std::uint64_t bytes_max) {
  RingRange range;
  range.ring_id = source.consumer.ring_id();
  range.from = source.consumer.cursor();
  range.to = range.from;
  const std::uint64_t bytes_before = bytes_;
  for (const logging::FrameView& frame : frames) {
    if (bytes_ - bytes_before >= bytes_max || !take_frame(source, frame, range)) {
      break;
    }
  }
  if (range.to == range.from) {
    return false;
  }
  range.lines = range.to.line - range.from.line;
  ranges_.push_back(range);
  consumers_.push_back(&source.consumer);
  return true;
}

/// False when the frame did not fit as a whole; `range` ends behind what did.
bool BatchBuilder::take_frame(const Source& source, const logging::FrameView& frame,
                              RingRange& range) {
  const std::size_t skipped = frame.header.bytes - frame.bytes.size();
  const logging::Cursor start = range.to;
  std::size_t taken = 0;
  std::uint32_t ordinal = static_cast<std::uint32_t>(
      start.line > frame.header.first_line ? start.line - frame.header.first_line : 0);
  while (taken < frame.bytes.size()) {
    const std::size_t newline = frame.bytes.find('\n', taken);
    const bool ends = newline != std::string_view::npos;
    const std::size_t end = ends ? newline : frame.bytes.size();
    const bool counts = ends || (frame.header.flags & logging::kFrameUnterminated) != 0;
    const Line line{.service = source.service,
                    .host = source.host,
                    .stream = frame.header.stream,
                    .time_ns = frame.header.time_ns,
                    .ordinal = ordinal++,
                    .ring_id = range.ring_id,
                    .position = frame.position + skipped + taken,
                    .text = frame.bytes.substr(taken, end - taken)};
    if (!add(line, counts ? 1 : 0)) {
      break;
    }
    taken = ends ? end + 1 : end;
  }
  if (taken > 0) {
    range.to = logging::RingConsumer::advance(start, frame, taken);
  }
  return taken == frame.bytes.size();
}

bool BatchBuilder::add(Line line, std::uint32_t lines) {
  const std::uint64_t limit = destination_.limits().event_bytes;
  encode(line);
  while (text_.size() > limit && !line.text.empty()) {
    // Escapes make the text longer than its line: by how much this one tells.
    const std::uint64_t bytes = line.text.size() * limit / text_.size() * 9 / 10;
    line.text = cut_text(line.text, static_cast<std::size_t>(bytes));
    encode(line);
  }
  if (!batcher_.fits(events_, bytes_, key_.size() + text_.size())) {
    return false;
  }
  bytes_ += key_.size() + text_.size();
  ++events_;
  append_event(payload_, {.key = key_,
                          .text = text_,
                          .lines = lines,
                          .range = static_cast<std::uint16_t>(ranges_.size())});
  return true;
}

void BatchBuilder::encode(const Line& line) {
  key_.clear();
  text_.clear();
  destination_.encode(line, key_, text_);
}

}  // namespace shippers
