#include "bench/line_generator.h"

#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "bench/numbered_line.h"

namespace bench {

namespace {

constexpr std::size_t kUpperDigits = kSequenceDigits - 3;  // those above LineBlock::kLines
constexpr std::size_t kPayloadVariety = 4096;              // offsets at which a payload may begin

}  // namespace

PayloadSource::PayloadSource(std::uint64_t seed, std::size_t bytes_max)
    : state_(seed * 2 + 0x9E3779B97F4A7C15U) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  static_assert(kLetters.size() == 64);
  text_.resize(bytes_max + kPayloadVariety);
  for (char& letter : text_) {
    letter = kLetters[random() % kLetters.size()];
  }
}

std::string_view PayloadSource::next(std::size_t bytes) {
  ASSERT(bytes + kPayloadVariety <= text_.size());
  return std::string_view(text_).substr(random() % kPayloadVariety, bytes);
}

std::size_t PayloadSource::length_between(std::size_t least, std::size_t most) {
  return least == most ? least : least + random() % (most - least + 1);
}

std::uint64_t PayloadSource::random() {  // xorshift64*
  state_ ^= state_ >> 12U;
  state_ ^= state_ << 25U;
  state_ ^= state_ >> 27U;
  return (state_ * 0x2545F4914F6CDD1DU) >> 16U;
}

std::string half_payload(std::size_t bytes) {
  std::string payload;
  while (payload.size() < bytes) {
    payload += kHalfMark;
  }
  payload.resize(bytes);
  return payload;
}

LineBlock::LineBlock(std::string id, std::string stream, std::size_t line_bytes,
                     PayloadSource& payloads)
    : line_bytes_(line_bytes), sequence_at_(id.size() + 1 + stream.size() + 1) {
  const std::size_t payload_bytes = line_bytes - header_bytes(id, stream) - 1;
  for (std::uint64_t sequence = 0; sequence < kLines; ++sequence) {
    const std::string_view payload = payloads.next(payload_bytes);
    append_line(text_, {id, stream, sequence, payload});
    std::string without_crc = id + ' ' + stream + ' ' + std::string(kSequenceDigits, '0') + ' ';
    put_sequence(&without_crc[sequence_at_], sequence);
    without_crc += payload;
    crc_of_zero_.push_back(crc32(0, without_crc));
    if (sequence == 0) {
      zero_ = std::move(without_crc);
    }
  }
  ASSERT(text_.size() == line_bytes_ * kLines);
}

std::string_view LineBlock::at(std::uint64_t block) {
  std::array<char, kSequenceDigits> digits{};
  put_sequence(digits.data(), block * kLines);
  const std::uint32_t difference = difference_to_zero(block);
  char* line = text_.data() + sequence_at_;
  for (const std::uint32_t crc : crc_of_zero_) {
    std::memcpy(line, digits.data(), kUpperDigits);
    put_crc(line + kSequenceDigits + 1, crc ^ difference);
    line += line_bytes_;
  }
  return text_;
}

std::uint32_t LineBlock::difference_to_zero(std::uint64_t block) const {
  std::string first = zero_;
  put_sequence(&first[sequence_at_], block * kLines);
  return crc32(0, first) ^ crc_of_zero_.front();
}

}  // namespace bench
