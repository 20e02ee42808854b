#include "logging/arena.h"

#include <algorithm>
#include <cstring>

namespace logging {

char* Arena::take_from_new_block(std::size_t bytes) {
  const std::size_t size = std::max(bytes, ArenaLimits::kBlockBytes);
  blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
  next_ = blocks_.back().bytes.get() + bytes;
  left_ = size - bytes;
  return blocks_.back().bytes.get();
}

std::string_view Arena::copy(std::string_view text) {
  return join(text, {});
}

std::string_view Arena::join(std::string_view first, std::string_view second) {
  const std::size_t bytes = first.size() + second.size();
  if (bytes == 0) {
    return {};
  }
  char* to = take(bytes);
  std::copy(first.begin(), first.end(), to);
  std::copy(second.begin(), second.end(), to + first.size());
  return {to, bytes};
}

void Arena::reset() {
  if (blocks_.empty()) {
    return;
  }
  blocks_.resize(1);
  next_ = blocks_.front().bytes.get();
  left_ = blocks_.front().size;
}

}  // namespace logging
