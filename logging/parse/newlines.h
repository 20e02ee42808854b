// Counting the newlines of a block and finding the last one: the one scan that every received byte
// goes through.
//
// Our own SIMD because a libc's memchr per line costs more than the rest of the intake together
// (musl's is plain C). The scalar twin is the definition; a test compares the two. Pure; any
// thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace logging {

struct NewlineScan {
  std::size_t count = 0;
  std::size_t whole_bytes = 0;  // up to and with the last newline; 0 when there is none

  friend bool operator==(const NewlineScan&, const NewlineScan&) = default;
};

[[nodiscard]] NewlineScan scan_newlines(std::string_view block);
[[nodiscard]] NewlineScan scan_newlines_scalar(std::string_view block);

}  // namespace logging
