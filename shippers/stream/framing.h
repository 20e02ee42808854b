// How one message is told from the next on a byte stream (RFC 6587): `45 <13>1 ...`, or a newline
// behind it. A datagram is a message as it is. Pure.
#pragma once

#include <string>
#include <string_view>

#include "logging/stream_config.h"

namespace shippers {

using logging::Framing;

/// Appends `message`, in which no newline is, framed.
void append_framed(std::string& out, std::string_view message, Framing framing);

}  // namespace shippers
