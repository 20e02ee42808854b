// Output that grows: what std::string does, without a call and a zero for every piece.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace logging {

class TextBuffer {
 public:
  void put(char c) {
    *room(1) = c;
    ++size_;
  }
  void put(std::string_view text) {
    if (!text.empty()) {
      std::memcpy(room(text.size()), text.data(), text.size());
      size_ += text.size();
    }
  }

  /// Room for `bytes` at the end; used() says how many of them are text.
  [[nodiscard]] char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) {
      grow(bytes);
    }
    return bytes_.get() + size_;
  }
  void used(std::size_t bytes) { size_ += bytes; }

  void set(std::size_t at, char c) { bytes_[at] = c; }
  void truncate(std::size_t size) { size_ = size; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view text() const { return {bytes_.get(), size_}; }

 private:
  void grow(std::size_t bytes);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace logging
