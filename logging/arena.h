// Memory for the texts of one batch of records: taken in order, given back all at once.
//
// The first block is kept over reset(), so that a steady flow of records allocates nothing. What is
// taken stays where it is until reset(). Threads: one owner.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace logging {

struct ArenaLimits {
  static constexpr std::size_t kBlockBytes = 256 * 1024;  // a larger request has its own block
};

class Arena {
 public:
  /// `bytes` uninitialized bytes, not aligned.
  [[nodiscard]] char* take(std::size_t bytes) {
    if (bytes > left_) {
      return take_from_new_block(bytes);
    }
    char* taken = next_;
    next_ += bytes;
    left_ -= bytes;
    return taken;
  }

  /// Gives back the last `bytes` of the newest take(), which needed less than it asked for.
  void give_back(std::size_t bytes) {
    next_ -= bytes;
    left_ += bytes;
  }

  [[nodiscard]] std::string_view copy(std::string_view text);
  [[nodiscard]] std::string_view join(std::string_view first, std::string_view second);

  void reset();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  [[nodiscard]] char* take_from_new_block(std::size_t bytes);

  std::vector<Block> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace logging
