// What the console shows of a run of frames: bytes for one of the two outputs.
//
// Without a head they are exactly what the service wrote. A head (lines/line_head.h: time stamp,
// labels, prefix) goes before every line; the later pieces of a long line have none. Lines are
// never glued: a line that is still open gets a newline when something of another pipe follows on
// the same output, and so does a last line that its pipe left without one, but only then: after
// `printf abc` the console shows exactly abc.
//
// A batch is small (one pipe buffer's atomic write), for a batch is what a router that dies may
// repeat. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "logging/handoff/ring_reader.h"
#include "logging/pipeline/record_run.h"
#include "shippers/lines/line_head.h"
#include "shippers/lines/open_line.h"

namespace shippers {

struct ConsoleLimits {
  static constexpr std::size_t kBatchBytes = 4096;  // PIPE_BUF; one line may be longer
};

/// Where an input's streams go, and what stands before their lines.
struct ConsoleRoute {
  std::array<std::size_t, logging::RingLimits::kStreams> output{};  // index of the output
  LineHead head{logging::Timestamp::kNone, {}};
};

struct ConsoleBatch {
  std::size_t output = 0;
  logging::Cursor from;
  logging::Cursor to;
  OpenLine open_after;  // of the output, once all bytes are written
  std::string bytes;    // empty: all lines are dropped
  logging::DropCounts dropped{};
};

/// The same for records (logging/pipeline/record_run.h). False: lines that may still grow are all
/// there is; look again at `wait_until_ns` (realtime).
[[nodiscard]] bool format_records(std::span<const logging::FrameView> frames,
                                  const logging::Cursor& from, const ConsoleRoute& route,
                                  logging::RecordRun& records, std::span<const OpenLine> open,
                                  std::uint64_t realtime_ns, ConsoleBatch& batch,
                                  std::uint64_t& wait_until_ns);

/// Fills `batch` from `frames` (not empty, they start at `from`): whole lines of one output, at
/// least one. `open` are the open lines of the outputs.
void format_batch(std::span<const logging::FrameView> frames, std::uint64_t ring_id,
                  const logging::Cursor& from, ConsoleRoute& route, std::span<const OpenLine> open,
                  ConsoleBatch& batch);

}  // namespace shippers
