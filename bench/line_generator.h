// Makes numbered lines: one by one with any length, or whole blocks at several GB/s.
//
// A block has 1,000 lines of one length. From block to block only the upper digits of the sequence
// numbers change, and they change alike in every line; CRC-32 is linear, so every line's checksum
// changes by the same value too. A block is therefore advanced by patching some twenty bytes a
// line, and each line still proves itself.
// Threads: one owner each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The payloads of one generator: letters and digits that follow from the seed.
class PayloadSource {
 public:
  PayloadSource(std::uint64_t seed, std::size_t bytes_max);

  /// `bytes` of text, different from call to call. Valid as long as the source.
  [[nodiscard]] std::string_view next(std::size_t bytes);
  /// Evenly between `least` and `most`.
  [[nodiscard]] std::size_t length_between(std::size_t least, std::size_t most);

 private:
  std::uint64_t random();

  std::uint64_t state_;
  std::string text_;
};

/// "HALFHALF..." of `bytes` bytes.
[[nodiscard]] std::string half_payload(std::size_t bytes);

class LineBlock {
 public:
  static constexpr std::uint64_t kLines = 1000;

  /// Every line has `line_bytes` bytes with its newline; that is more than the header.
  LineBlock(std::string id, std::string stream, std::size_t line_bytes, PayloadSource& payloads);

  /// The lines [block * kLines, (block + 1) * kLines). Valid until the next call.
  [[nodiscard]] std::string_view at(std::uint64_t block);

 private:
  [[nodiscard]] std::uint32_t difference_to_zero(std::uint64_t block) const;

  std::size_t line_bytes_;
  std::size_t sequence_at_;  // where the digits stand in a line
  std::string text_;
  std::string zero_;                        // the first line of block 0, without its CRC field
  std::vector<std::uint32_t> crc_of_zero_;  // of each line in block 0
};

}  // namespace bench
