#include "shippers/http/gzip.h"

#include <zlib.h>

#include "base/check.h"

namespace shippers {

namespace {

constexpr int kWindow = 15;
constexpr int kGzipWindow = kWindow + 16;

std::string pack(std::string_view text, int window) {
  constexpr int kLevel = 1;
  constexpr int kMemory = 8;
  z_stream stream{};
  ASSERT(::deflateInit2(&stream, kLevel, Z_DEFLATED, window, kMemory, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ASSERT(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  ::deflateEnd(&stream);
  return packed;
}

}  // namespace

std::string gzip(std::string_view text) {
  return pack(text, kGzipWindow);
}

std::string zlib(std::string_view text) {
  return pack(text, kWindow);
}

}  // namespace shippers
