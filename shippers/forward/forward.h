// Fluentd's forward protocol, as a writer speaks it to Fluentd and Fluent Bit (protocol card 14). A
// request is one value in the mode PackedForward, or CompressedPackedForward:
//
//     [tag, bin of [time, record] behind each other, {size, chunk, compressed: "gzip"}]
//
// `chunk` asks for an acknowledgement, {"ack": the same}. It is made of the content, so a request
// that is sent again has the same one. Requests do not wait for each other; a receiver with a
// shared key is greeted first (forward_handshake.h). Threads: one owner.
#pragma once

#include <deque>
#include <optional>

#include "logging/network_config.h"
#include "logging/vendor_config.h"
#include "shippers/forward/forward_handshake.h"
#include "shippers/stream/dialogue.h"
#include "shippers/stream/stream_format.h"

namespace shippers {

class Forward final : public Dialogue {
 public:
  /// `failure` is why the identity cannot be had: told as soon as it matters.
  Forward(ForwardIdentity identity, logging::Compress compress,
          std::optional<base::Error> failure = std::nullopt)
      : handshake_(std::move(identity)), compress_(compress), failure_(std::move(failure)) {}

  [[nodiscard]] bool is_ready() const override { return !failure_ && handshake_.is_done(); }
  [[nodiscard]] std::optional<base::Error> failure() const override { return failure_; }
  void write(const StreamRequest& request, std::string& out) override;
  [[nodiscard]] base::Result<void> read(std::string& input, std::string& out) override;
  [[nodiscard]] std::vector<std::uint64_t> take_confirmed() override;

 private:
  struct Chunk {
    std::uint64_t id = 0;  // of the request
    std::string name;
  };
  [[nodiscard]] base::Result<void> acknowledge(const msgpack::Value& said);

  ForwardHandshake handshake_;
  logging::Compress compress_;
  std::optional<base::Error> failure_;
  std::deque<Chunk> chunks_;  // that are not acknowledged
  std::vector<std::uint64_t> confirmed_;
};

/// The name of a chunk with this content.
[[nodiscard]] std::string chunk_name(std::string_view tag, std::string_view entries);

class ForwardFormat final : public StreamFormat {
 public:
  ForwardFormat(logging::ForwardSinkConfig config, logging::Compress compress)
      : config_(std::move(config)), compress_(compress) {}

  [[nodiscard]] RequestLimits limits() const override;
  [[nodiscard]] bool is_one_key_a_request() const override { return true; }  // its tag
  /// [time, {message, level, service, stream, host, fields}].
  void encode(const Line& line, std::string& key, std::string& text) const override;
  /// MessagePack: what is no printable character is a dot.
  [[nodiscard]] std::string shown(std::string_view text) const override;
  [[nodiscard]] std::unique_ptr<Dialogue> start_dialogue() const override;

 private:
  logging::ForwardSinkConfig config_;
  logging::Compress compress_;
};

}  // namespace shippers
