// A text as a JSON string: always valid, whatever its bytes are.
//
// Bytes that are no UTF-8 become U+FFFD; quotes, backslashes and controls are escaped. Text that
// needs none of it is found eight bytes at a time and copied. Pure; any thread.
#pragma once

#include <string_view>

#include "logging/format/text_buffer.h"

namespace logging {

/// Appends the quoted string.
void append_json_text(TextBuffer& out, std::string_view text);

/// True when every byte is printable ASCII other than quote and backslash.
[[nodiscard]] bool is_plain_ascii(std::string_view text);

}  // namespace logging
