#include "shippers/network/batch_builder.h"

#include <algorithm>
#include <utility>

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

std::uint32_t& refused(RingRange& range) {
  return range.dropped[static_cast<std::size_t>(logging::DropReason::kQueueFull)];
}

}  // namespace

void BatchBuilder::clear() {
  payload_.clear();
  ranges_.clear();
  consumers_.clear();
  told_.clear();
  events_ = 0;
  bytes_ = 0;
}

bool BatchBuilder::take(const Source& source, std::span<const logging::FrameView> frames,
                        std::uint64_t bytes_max) {
  if (source.records != nullptr) {
    return take_records(source, frames, bytes_max);
  }
  RingRange range;
  range.ring_id = source.consumer.ring_id();
  range.from = source.consumer.cursor();
  range.to = range.from;
  range.time_ns = frames.empty() ? 0 : frames.front().header.time_ns;
  const std::uint64_t bytes_before = bytes_;
  for (const logging::FrameView& frame : frames) {
    if (bytes_ - bytes_before >= bytes_max || !take_frame(source, frame, range)) {
      break;
    }
  }
  if (range.to == range.from) {
    return false;
  }
  range.lines = range.to.line - range.from.line - refused(range);
  add_range(source, range);
  return true;
}

void BatchBuilder::add_range(const Source& source, const RingRange& range) {
  ranges_.push_back(range);
  consumers_.push_back(&source.consumer);
  told_.push_back(std::exchange(told_now_, 0));
}

bool BatchBuilder::may_enter(const Line& line) const {
  return !admit_ || admit_(severity_of(line), payload_.size() + raw_text(line).size());
}

/// An event that counts as no line stands before what comes behind dropped ones.
void BatchBuilder::tell_missing(const Source& source, std::uint64_t time_ns) {
  if (source.missing == 0 || told_now_ != 0) {
    return;
  }
  told_now_ = source.missing;
  std::string notice = logging::loss_notice(source.missing, source.service);
  notice.pop_back();  // the newline
  encode_within_limit({.service = source.service,
                       .host = source.host,
                       .stream = logging::Stream::kStderr,
                       .time_ns = time_ns,
                       .ring_id = source.consumer.ring_id(),
                       .position = source.consumer.cursor().frame,
                       .text = notice,
                       .severity = logging::Severity::kWarn});
  bytes_ += key_.size() + text_.size();
  ++events_;
  append_event(payload_, {.key = key_,
                          .text = text_,
                          .lines = 0,
                          .range = static_cast<std::uint16_t>(ranges_.size())});
}

bool BatchBuilder::take_records(const Source& source, std::span<const logging::FrameView> frames,
                                std::uint64_t bytes_max) {
  if (frames.empty()) {
    return false;
  }
  RingRange range;
  range.ring_id = source.consumer.ring_id();
  range.from = source.consumer.cursor();
  range.time_ns = frames.front().header.time_ns;
  ordinal_ = 0;
  const logging::RecordPlan plan = source.records->plan(
      frames, range.from, {.bytes = bytes_max, .fresh = true}, false, source.realtime_ns);
  if (plan.to == range.from) {
    return false;
  }
  range.to = plan.to;
  range.lines = range.to.line - range.from.line;
  for (std::size_t reason = 0; reason < plan.dropped.size(); ++reason) {
    range.dropped[reason] = static_cast<std::uint32_t>(plan.dropped[reason]);
    range.lines -= plan.dropped[reason];
  }
  const std::string_view output = source.records->output();
  const std::vector<SpoolEvent> events = split_events(output);
  std::uint64_t written = 0;
  std::ranges::for_each(events, [&](const SpoolEvent& event) { written += event.lines; });
  // What write() has let in is what there is: it may have been asked twice for a record.
  refused(range) = static_cast<std::uint32_t>(range.lines - written);
  range.lines = written;
  if (!events.empty()) {
    tell_missing(source, range.time_ns);
  }
  payload_ += output;
  events_ += static_cast<std::uint32_t>(events.size());
  bytes_ += output.size();
  add_range(source, range);
  return true;
}

void BatchBuilder::write(const logging::Record& record, std::string_view host,
                         std::uint64_t ring_id, logging::TextBuffer& out) {
  Line line = line_of(record, host);
  line.ring_id = ring_id;
  line.ordinal = ordinal_++;
  if (!may_enter(line)) {
    return;
  }
  encode_within_limit(line);
  std::string event;
  append_event(event, {.key = key_,
                       .text = text_,
                       .lines = static_cast<std::uint32_t>(record.lines),
                       .range = static_cast<std::uint16_t>(ranges_.size())});
  out.put(event);
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
    const bool counts =
        !frame.is_notice() && (ends || (frame.header.flags & logging::kFrameUnterminated) != 0);
    const Line line{.service = source.service,
                    .host = source.host,
                    .stream = frame.header.stream,
                    .time_ns = frame.header.time_ns,
                    .ordinal = ordinal++,
                    .ring_id = range.ring_id,
                    .position = frame.position + skipped + taken,
                    .text = frame.bytes.substr(taken, end - taken)};
    if (!may_enter(line)) {
      refused(range) += counts ? 1 : 0;
    } else {
      tell_missing(source, line.time_ns);
      if (!add(line, counts ? 1 : 0)) {
        break;
      }
    }
    taken = ends ? end + 1 : end;
  }
  if (taken > 0) {
    range.to = logging::RingConsumer::advance(start, frame, taken);
  }
  return taken == frame.bytes.size();
}

/// What is still too long without its text loses its fields.
void BatchBuilder::encode_within_limit(Line line) {
  const std::uint64_t limit = destination_.limits().event_bytes;
  encode(line);
  while (text_.size() > limit && (!line.text.empty() || !line.raw.empty())) {
    // Escapes make the text longer than its line: by how much this one tells.
    const auto shorter = [&](std::string_view text) {
      return cut_text(text, static_cast<std::size_t>(text.size() * limit / text_.size() * 9 / 10));
    };
    const std::string_view raw = shorter(line.raw);
    line.text = shorter(line.text);
    line.raw = raw;
    encode(line);
  }
  if (text_.size() > limit && line.fields != nullptr) {
    line.fields = nullptr;
    encode(line);
  }
}

bool BatchBuilder::add(Line line, std::uint32_t lines) {
  encode_within_limit(line);
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
