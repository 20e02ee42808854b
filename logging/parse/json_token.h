// The small words of JSON's grammar (RFC 8259), for texts that are known to be JSON or may become
// it.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace logging {

[[nodiscard]] constexpr bool is_json_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// A whole number as the grammar has it: no leading zeros, no `+`, no `.5`; of any length.
[[nodiscard]] bool is_json_number(std::string_view text);

/// The end of the string that begins with the quote at `at`: the index behind its closing quote.
/// Precondition: `json` is valid.
[[nodiscard]] std::size_t json_string_end(std::string_view json, std::size_t at);

/// Appends what the inside of a valid JSON string means. `to` has room for inner.size() bytes;
/// returns how many were used.
[[nodiscard]] std::size_t unescape_json(std::string_view inner, char* to);

}  // namespace logging
