#include "logging/format/text_buffer.h"

#include <algorithm>

namespace logging {

void TextBuffer::grow(std::size_t bytes) {
  constexpr std::size_t kBytesMin = 4096;
  const std::size_t capacity = std::max({kBytesMin, capacity_ * 2, size_ + bytes});
  std::unique_ptr<char[]> grown(new char[capacity]);
  if (size_ > 0) {
    std::memcpy(grown.get(), bytes_.get(), size_);
  }
  bytes_ = std::move(grown);
  capacity_ = capacity;
}

}  // namespace logging
