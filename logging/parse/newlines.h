// Counting the newlines of a block and finding the last one: the one scan that every received byte
// goes through. And finding each of them, for sinks that put something before every line.
//
// Our own SIMD because a libc's memchr per line costs more than the rest of the intake together
// (musl's is plain C). The scalar twin is the definition; a test compares the two. Pure; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace logging {

struct NewlineScan {
  std::size_t count = 0;
  std::size_t whole_bytes = 0;  // up to and with the last newline; 0 when there is none

  friend bool operator==(const NewlineScan&, const NewlineScan&) = default;
};

[[nodiscard]] NewlineScan scan_newlines(std::string_view block);
[[nodiscard]] NewlineScan scan_newlines_scalar(std::string_view block);

/// The newlines of a block as the offsets behind them, ascending.
struct LineEnds {
  std::size_t count = 0;          // offsets written
  std::size_t scanned_bytes = 0;  // all of the block, or up to and with the last one written
};

/// Fills `ends` until it is full or the block is over. A block has less than 4 GiB.
[[nodiscard]] LineEnds find_line_ends(std::string_view block, std::span<std::uint32_t> ends);
[[nodiscard]] LineEnds find_line_ends_scalar(std::string_view block, std::span<std::uint32_t> ends);

}  // namespace logging
