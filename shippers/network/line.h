// One line of a service on its way to a network sink; views the ring's frame or the run's arena.
//
// Without a pipeline it is the line as it was read. With one it is what the pipeline made of it: a
// message, a severity and fields, which stand beside the line's own keys and win where they have
// one of their names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "logging/handoff/ring_layout.h"
#include "logging/record.h"
#include "logging/severity.h"

namespace shippers {

struct Line {
  std::string_view service;
  std::string_view host;
  logging::Stream stream = logging::Stream::kStdout;
  std::uint64_t time_ns = 0;   // realtime: of the read (lines of one share it), or what it says
  std::uint32_t ordinal = 0;   // its number in that read
  std::uint64_t ring_id = 0;   // with `position` it names the line for ever
  std::uint64_t position = 0;  // of its first byte in the ring
  std::string_view text;       // what it says, without the newline
  std::string_view raw{};      // the whole line where it was parsed; empty: `text` is it
  std::optional<logging::Severity> severity{};  // unset: nobody has looked
  const logging::FieldList* fields = nullptr;   // of a record; null: there are none
  bool is_formatted = false;  // `text` is all that its sink's `format` wants to be said
};

/// The line as bytes, for destinations that know no fields.
[[nodiscard]] inline std::string_view raw_text(const Line& line) {
  return line.raw.empty() ? line.text : line.raw;
}

/// What was found, or what the text says; else info, on stderr error.
[[nodiscard]] logging::Severity severity_of(const Line& line);

/// The line that a record is; views it.
[[nodiscard]] Line line_of(const logging::Record& record, std::string_view host);

}  // namespace shippers
