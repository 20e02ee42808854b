#include "shippers/gelf/gelf_format.h"

#include "shippers/big_endian.h"
#include "shippers/gelf/gelf_message.h"
#include "shippers/http/gzip.h"

namespace shippers {

GelfFormat::GelfFormat(const Options& options) : options_(options), ids_(options.seed) {}

RequestLimits GelfFormat::limits() const {
  if (options_.over != base::Endpoint::Kind::kUdp) {
    return stream_limits(GelfLimits::kFrameBytes);
  }
  // What gzip makes longer is less than this.
  constexpr std::uint64_t kGzipBytes = 1024;
  const std::uint64_t piece = options_.config.datagram_bytes.bytes - GelfLimits::kChunkHeadBytes;
  return stream_limits(piece * GelfLimits::kChunks - kGzipBytes);
}

void GelfFormat::encode(const Line& line, std::string& /*key*/, std::string& text) const {
  append_gelf(line, options_.config.hostname, text);
}

void GelfFormat::append_datagrams(std::string_view message, std::string& bytes,
                                  std::vector<std::size_t>& ends) {
  const std::string packed =
      options_.compress == logging::Compress::kGzip ? gzip(message) : std::string(message);
  const std::size_t datagram_bytes = options_.config.datagram_bytes.bytes;
  if (packed.size() <= datagram_bytes) {
    bytes += packed;
    ends.push_back(bytes.size());
    return;
  }
  const std::size_t piece = datagram_bytes - GelfLimits::kChunkHeadBytes;
  const std::size_t count = (packed.size() + piece - 1) / piece;
  const std::uint64_t id = ids_();
  for (std::size_t number = 0; number < count; ++number) {
    bytes += "\x1e\x0f";
    append_big_endian(bytes, static_cast<std::uint32_t>(id >> 32U));
    append_big_endian(bytes, static_cast<std::uint32_t>(id));
    bytes += static_cast<char>(number);
    bytes += static_cast<char>(count);
    bytes.append(packed, number * piece, piece);
    ends.push_back(bytes.size());
  }
}

}  // namespace shippers
