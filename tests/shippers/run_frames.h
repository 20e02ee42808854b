// Frames as peek() gives them, and runs as text, for tests of formats (shippers/file/run.h).
#pragma once

#include <gtest/gtest.h>
#include <algorithm>

#include <string>
#include <string_view>

#include "shippers/file/run.h"
#include "shippers/lines/open_line.h"

namespace shippers {

inline constexpr std::uint64_t kRing = 7;
inline constexpr OpenLine kOpenHere{.ring_id = kRing, .state = LineState::kOpen, .incarnation = 1};
inline constexpr OpenLine kOpenElsewhere{.ring_id = 8, .state = LineState::kOpen, .incarnation = 1};

inline logging::FrameView frame(std::string_view bytes, std::uint8_t flags = 0,
                                logging::Stream stream = logging::Stream::kStdout,
                                std::uint64_t position = 0, std::uint64_t time_ns = 0) {
  logging::FrameView view;
  view.position = position;
  view.header = {.bytes = static_cast<std::uint32_t>(bytes.size()),
                 .lines = static_cast<std::uint32_t>(std::ranges::count(bytes, '\n')),
                 .first_line = 0,
                 .time_ns = time_ns,
                 .stream = stream,
                 .flags = flags,
                 .incarnation = 1,
                 .check = 1};
  view.bytes = bytes;
  return view;
}

inline RunSource source(std::span<const logging::FrameView> frames, const OpenLine& open = {},
                        bool one_stream = false) {
  return {.frames = frames, .ring_id = kRing, .from = {}, .open = open, .one_stream = one_stream};
}

inline std::string text_of(const Run& run) {
  std::string out;
  for (const iovec& part : run.parts) {
    out.append(static_cast<const char*>(part.iov_base), part.iov_len);
  }
  EXPECT_EQ(out.size(), run.bytes);
  return out;
}

/// The bytes of one planned run over one frame; "rotate" when it asks for that first.
inline std::string planned(RunFormat& format, const logging::FrameView& view, const OpenLine& open,
                           FileRoom room) {
  shippers::Run run;
  return format.plan(source({&view, 1}, open), room, run) == RunPlan::kWrite ? text_of(run)
                                                                             : "rotate";
}

}  // namespace shippers
