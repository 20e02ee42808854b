// GELF over TCP and UDP (protocol card 12). TCP: a NUL behind each message, never packed. UDP: a
// message is a datagram, packed by gzip unless it is told otherwise; one that does not fit goes in
// at most 128 chunks, each {1e 0f, message id, number, count} and a piece of the packed message.
//
// Threads: the sink's.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "logging/network_config.h"
#include "logging/vendor_config.h"
#include "shippers/stream/stream_format.h"

namespace shippers {

struct GelfLimits {
  static constexpr std::size_t kChunkHeadBytes = 12;
  static constexpr std::size_t kChunks = 128;
  static constexpr std::uint64_t kFrameBytes = 1'000'000;  // Graylog's TCP input takes 2 MiB
};

class GelfFormat final : public StreamFormat {
 public:
  struct Options {
    logging::GelfSinkConfig config;
    base::Endpoint::Kind over = base::Endpoint::Kind::kUdp;
    logging::Compress compress = logging::Compress::kGzip;  // of datagrams
    std::uint64_t seed = 0;                                 // of message ids
  };
  explicit GelfFormat(const Options& options);

  [[nodiscard]] Framing framing() const override { return Framing::kNul; }
  [[nodiscard]] RequestLimits limits() const override;
  void encode(const Line& line, std::string& key, std::string& text) const override;
  void append_datagrams(std::string_view message, std::string& bytes,
                        std::vector<std::size_t>& ends) override;

 private:
  Options options_;
  std::mt19937_64 ids_;
};

}  // namespace shippers
