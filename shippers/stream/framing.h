// How one message is told from the next on a byte stream: `45 <13>1 ...` or a newline behind it
// (RFC 6587), or a NUL behind it (GELF). A datagram is a message as it is. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shippers {

enum class Framing : std::uint8_t { kOctet, kNewline, kNul };

/// Appends `message`, in which the byte that ends it is not, framed.
void append_framed(std::string& out, std::string_view message, Framing framing);

}  // namespace shippers
