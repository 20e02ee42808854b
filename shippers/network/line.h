// One line of a service on its way to a network sink; views the ring's frame.
//
// The seam to records: what a pipeline makes of a line comes to Destination::encode() in its place.
#pragma once

#include <cstdint>
#include <string_view>

#include "logging/handoff/ring_layout.h"

namespace shippers {

struct Line {
  std::string_view service;
  std::string_view host;
  logging::Stream stream = logging::Stream::kStdout;
  std::uint64_t time_ns = 0;   // realtime of the read; lines of one read share it
  std::uint32_t ordinal = 0;   // its number in that read
  std::uint64_t ring_id = 0;   // with `position` it names the line for ever
  std::uint64_t position = 0;  // of its first byte in the ring
  std::string_view text;       // without the newline
};

}  // namespace shippers
