// What a vendor's messages are on a byte stream or in datagrams, and whether it answers; framing
// and connections are the engine's (stream_destination.h).
//
// Threads: the sink's, but for start_dialogue(): the destination's own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "shippers/network/destination.h"
#include "shippers/stream/dialogue.h"
#include "shippers/stream/framing.h"

namespace shippers {

class StreamFormat {
 public:
  virtual ~StreamFormat() = default;

  /// How messages are told apart where nobody answers.
  [[nodiscard]] virtual Framing framing() const { return Framing::kNewline; }
  [[nodiscard]] virtual RequestLimits limits() const = 0;
  [[nodiscard]] virtual bool is_one_key_a_request() const { return false; }

  /// Appends the message that `line` is to `text`, and what it is grouped by to `key`.
  virtual void encode(const Line& line, std::string& key, std::string& text) const = 0;

  /// As of Destination.
  [[nodiscard]] virtual std::string shown(std::string_view text) const { return std::string(text); }

  /// What goes before each message and must not be in the spool: a token, read again for each
  /// request.
  [[nodiscard]] virtual base::Result<std::string> read_lead() const { return std::string(); }

  /// Appends `message` as datagrams to `bytes`, and where each ends to `ends`.
  virtual void append_datagrams(std::string_view message, std::string& bytes,
                                std::vector<std::size_t>& ends) {
    bytes += message;
    ends.push_back(bytes.size());
  }

  /// For one connection. Null: nobody answers.
  [[nodiscard]] virtual std::unique_ptr<Dialogue> start_dialogue() const { return nullptr; }
};

/// Of a receiver that does not answer.
[[nodiscard]] RequestLimits stream_limits(std::uint64_t message_bytes);

}  // namespace shippers
