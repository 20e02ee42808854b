// What stands before a line's own bytes: its time stamp and its labels, each with a space behind.
//
//     raw                     nothing
//     raw, timestamp = "iso"  2024-01-02T03:04:05.678901234Z
//     text                    2024-01-02T03:04:05.678901234Z web stdout
//
// The same frame always has the same head: recovery makes half written runs again and relies on it.
// Threads: the owner's.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "logging/handoff/ring_reader.h"
#include "logging/sink_config.h"
#include "shippers/lines/line_stamp.h"

namespace shippers {

/// What `timestamp` means where it is not set.
[[nodiscard]] logging::Timestamp timestamp_of(logging::SinkFormat format,
                                              std::optional<logging::Timestamp> timestamp);

class LineHead {
 public:
  /// `labels` go behind the stamp as they are.
  LineHead(logging::Timestamp timestamp,
           std::array<std::string, logging::RingLimits::kStreams> labels)
      : stamp_(timestamp), labels_(std::move(labels)) {}

  /// As [sink] format and timestamp say, for lines of that service; `prefixes` come last.
  LineHead(logging::SinkFormat format, std::optional<logging::Timestamp> timestamp,
           std::string_view service,
           const std::array<std::string, logging::RingLimits::kStreams>& prefixes = {});

  /// The head of the frame's lines. Good until the next call.
  [[nodiscard]] std::string_view of(const logging::FrameHeader& frame);

 private:
  LineStamp stamp_;
  std::array<std::string, logging::RingLimits::kStreams> labels_;
  std::string text_;
  std::optional<logging::Stream> stream_;  // text_ is for this one ...
  std::uint64_t time_ns_ = 0;              // ... and this time
};

}  // namespace shippers
