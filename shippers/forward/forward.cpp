#include "shippers/forward/forward.h"

#include <algorithm>
#include <utility>

#include "shippers/forward/digest.h"
#include "shippers/http/gzip.h"
#include "shippers/vendors/secrets.h"

namespace shippers {

std::string chunk_name(std::string_view tag, std::string_view entries) {
  constexpr std::size_t kBytes = 16;  // as Fluent Bit has them
  return base64(sha512(std::string(tag) + '\0' + std::string(entries)).substr(0, kBytes));
}

void Forward::write(const StreamRequest& request, std::string& out) {
  const bool packs = compress_ == logging::Compress::kGzip;
  Chunk chunk{.id = request.id, .name = chunk_name(request.key, request.bytes)};
  msgpack::append_array(out, 3);
  msgpack::append_text(out, request.key);
  msgpack::append_binary(out, packs ? gzip(request.bytes) : request.bytes);
  msgpack::append_map(out, packs ? 3 : 2);
  msgpack::append_text(out, "size");
  msgpack::append_integer(out, static_cast<std::int64_t>(request.ends.size()));
  msgpack::append_text(out, "chunk");
  msgpack::append_text(out, chunk.name);
  if (packs) {
    msgpack::append_text(out, "compressed");
    msgpack::append_text(out, "gzip");
  }
  chunks_.push_back(std::move(chunk));
}

base::Result<void> Forward::read(std::string& input, std::string& out) {
  std::size_t taken = 0;
  while (taken < input.size()) {
    const auto read = msgpack::read_value(std::string_view(input).substr(taken));
    if (!read.value && read.failure == msgpack::Failure::kIncomplete) {
      break;
    }
    if (!read.value) {
      return base::fail(base::ErrorCode::kUnavailable,
                        "cannot send: the receiver's answer is not that of the forward protocol");
    }
    taken += read.value->second;
    TRY(handshake_.is_done() ? acknowledge(read.value->first)
                             : handshake_.read(read.value->first, out));
  }
  input.erase(0, taken);
  return {};
}

base::Result<void> Forward::acknowledge(const msgpack::Value& said) {
  const msgpack::Value* ack = said.find("ack");
  if (said.text_at(0) == "HELO") {
    return base::fail(base::ErrorCode::kPermission,
                      "cannot send: the receiver has a shared key; set shared_key");
  }
  if (ack == nullptr) {
    return {};  // nil keeps a connection alive
  }
  const auto found = std::ranges::find(chunks_, ack->text, &Chunk::name);
  if (found == chunks_.end()) {
    return base::fail(base::ErrorCode::kUnavailable,
                      "cannot send: the receiver acknowledges what it was not sent");
  }
  confirmed_.push_back(found->id);
  chunks_.erase(found);
  return {};
}

std::vector<std::uint64_t> Forward::take_confirmed() {
  return std::exchange(confirmed_, {});
}

}  // namespace shippers
