#include "shippers/console/console_format.h"

#include <string_view>

namespace shippers {

namespace {

using logging::FrameView;

constexpr char kNewline = '\n';

/// The line that a frame leaves open on the output, if its last line has no newline. An
/// unterminated one is over: nothing goes on with it, so it belongs to no pipe.
OpenLine open_after(const FrameView& frame, std::uint64_t ring_id) {
  if ((frame.header.flags & logging::kFrameUnterminated) != 0) {
    return {.ring_id = 0, .state = LineState::kOpen};
  }
  if ((frame.header.flags & logging::kFrameMore) != 0) {
    return open_line_of(ring_id, frame.header);
  }
  return {};
}

/// Appends lines of `bytes` while the batch has room; returns how many bytes it took.
std::size_t append_lines(std::string_view bytes, bool continues, std::string_view head,
                         std::string& out) {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const std::size_t newline = bytes.find(kNewline, taken);
    const std::size_t end = newline == std::string_view::npos ? bytes.size() : newline + 1;
    const std::size_t line_bytes = head.size() + (end - taken);
    if (!out.empty() && out.size() + line_bytes > ConsoleLimits::kBatchBytes) {
      break;
    }
    if (!continues) {
      out += head;
    }
    out += bytes.substr(taken, end - taken);
    continues = false;
    taken = end;
  }
  return taken;
}

}  // namespace

void format_batch(std::span<const FrameView> frames, std::uint64_t ring_id,
                  const logging::Cursor& from, ConsoleRoute& route, std::span<const OpenLine> open,
                  ConsoleBatch& batch) {
  const auto output_of = [&route](const FrameView& frame) {
    return route.output[static_cast<std::size_t>(frame.header.stream)];
  };
  batch.output = output_of(frames.front());
  batch.from = batch.to = from;
  batch.open_after = open[batch.output];
  batch.bytes.clear();
  for (const FrameView& frame : frames) {
    if (output_of(frame) != batch.output || batch.bytes.size() >= ConsoleLimits::kBatchBytes) {
      return;
    }
    const bool at_start = frame.position != from.frame || from.offset == 0;
    const bool line_open = batch.open_after.state != LineState::kNone;
    const bool continues = at_start && (frame.header.flags & logging::kFrameContinues) != 0 &&
                           line_open && is_of_pipe(batch.open_after, ring_id, frame.header);
    if (line_open && !continues) {
      batch.bytes += kNewline;
      batch.open_after = OpenLine{};
    }
    const std::string_view head = route.head.of(frame.header);
    const std::size_t taken = append_lines(frame.bytes, continues, head, batch.bytes);
    if (taken > 0) {
      batch.to = logging::RingConsumer::advance(batch.to, frame, taken);
      batch.open_after = taken == frame.bytes.size() ? open_after(frame, ring_id) : OpenLine{};
    }
    if (taken < frame.bytes.size()) {
      return;
    }
  }
}

bool format_records(std::span<const FrameView> frames, const logging::Cursor& from,
                    const ConsoleRoute& route, logging::RecordRun& records,
                    std::span<const OpenLine> open, std::uint64_t realtime_ns, ConsoleBatch& batch,
                    std::uint64_t& wait_until_ns) {
  const bool one_stream = route.output[0] != route.output[1];
  const logging::RecordPlan plan = records.plan(
      frames, from, {.bytes = ConsoleLimits::kBatchBytes, .fresh = true}, one_stream, realtime_ns);
  wait_until_ns = plan.wait_until_ns;
  if (wait_until_ns != 0) {
    return false;
  }
  batch.output = route.output[static_cast<std::size_t>(frames.front().header.stream)];
  batch.from = from;
  batch.to = plan.to;
  batch.dropped = plan.dropped;
  batch.bytes.clear();
  if (open[batch.output].state == LineState::kOpen && !records.output().empty()) {
    batch.bytes = kNewline;
  }
  batch.bytes += records.output();
  batch.open_after = batch.bytes.empty() ? open[batch.output] : OpenLine{};
  return true;
}

}  // namespace shippers
