// What a vendor's messages are on a byte stream or in datagrams; framing and connections are the
// engine's (stream_destination.h).
//
// Threads: the sink's.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "shippers/network/line.h"
#include "shippers/stream/framing.h"

namespace shippers {

class StreamFormat {
 public:
  virtual ~StreamFormat() = default;

  [[nodiscard]] virtual Framing framing() const = 0;
  /// The longest message; a longer line is cut.
  [[nodiscard]] virtual std::uint64_t message_bytes() const = 0;

  /// Appends the message that `line` is.
  virtual void encode(const Line& line, std::string& text) const = 0;

  /// What goes before each message and must not be in the spool: a token, read again for each
  /// request.
  [[nodiscard]] virtual base::Result<std::string> read_lead() const = 0;
};

}  // namespace shippers
