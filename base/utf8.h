// UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace base {

/// Bytes of the sequence that `text` begins with: 1 to 4; 0 when it is not valid UTF-8 there.
[[nodiscard]] std::size_t utf8_sequence_bytes(std::string_view text);

}  // namespace base
