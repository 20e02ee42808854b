// A line of one of our files back into its parts, for `birl logs PATH`.
//
// What the file and console formats put before a line (shippers/lines/line_stamp.h, line_head.h),
// and the json and logfmt of logging/format. A line of any other shape is its own text: nothing is
// lost. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "logging/handoff/ring_layout.h"

namespace supervisor {

struct FileLine {
  std::optional<std::uint64_t> time_ns;  // since 1970; nullopt: the line does not say
  std::optional<logging::Stream> stream;
  std::string service;   // empty: the line does not say
  std::string text;      // without a stamp that was read; json and logfmt as they are
  bool stamped = false;  // a stamp stood before the text

  friend bool operator==(const FileLine&, const FileLine&) = default;
};

/// `line` without its newline.
[[nodiscard]] FileLine read_file_line(std::string_view line);

}  // namespace supervisor
