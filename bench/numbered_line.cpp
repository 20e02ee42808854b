#include "bench/numbered_line.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/check.h"

namespace bench {

namespace {

constexpr std::size_t kSlices = 8;
using CrcTables = std::array<std::array<std::uint32_t, 256>, kSlices>;

constexpr CrcTables make_crc_tables() {
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    tables[0][byte] = crc;
  }
  for (std::size_t slice = 1; slice < kSlices; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[slice - 1][byte];
      tables[slice][byte] = (before >> 8U) ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}

constexpr CrcTables kCrcTables = make_crc_tables();

constexpr std::uint32_t table_at(std::size_t slice, std::uint64_t word, unsigned shift) {
  return kCrcTables[slice][(word >> shift) & 0xFFU];
}

std::optional<std::string_view> take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || space == 0) {
    return std::nullopt;
  }
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space + 1);
  return word;
}

std::optional<std::uint64_t> read_sequence(std::string_view digits) {
  if (digits.size() != kSequenceDigits) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') {
      return std::nullopt;
    }
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

bool is_half_payload(std::string_view payload) {
  for (std::size_t index = 0; index < payload.size(); ++index) {
    if (payload[index] != kHalfMark[index % kHalfMark.size()]) {
      return false;
    }
  }
  return payload.size() >= kHalfMark.size();
}

}  // namespace

std::uint32_t crc32(std::uint32_t crc, std::string_view data) {
  crc = ~crc;
  while (data.size() >= kSlices) {
    std::uint64_t word = 0;
    std::memcpy(&word, data.data(), sizeof word);
    word ^= crc;
    crc = table_at(7, word, 0) ^ table_at(6, word, 8) ^ table_at(5, word, 16) ^
          table_at(4, word, 24) ^ table_at(3, word, 32) ^ table_at(2, word, 40) ^
          table_at(1, word, 48) ^ table_at(0, word, 56);
    data.remove_prefix(kSlices);
  }
  for (const char byte : data) {
    crc = (crc >> 8U) ^ kCrcTables[0][(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  }
  return ~crc;
}

ParsedLine parse_line(std::string_view text) {
  const char* start = text.data();
  const auto id = take_word(text);
  const auto stream = id ? take_word(text) : std::nullopt;
  const auto sequence = stream ? take_word(text) : std::nullopt;
  if (!sequence || (*stream != "out" && *stream != "err")) {
    return {};
  }
  const auto number = read_sequence(*sequence);
  if (!number) {
    return {};
  }
  ParsedLine parsed{LineKind::kDamaged, {*id, *stream, *number, {}}};
  const std::string_view before(start, static_cast<std::size_t>(text.data() - start));
  if (text.size() <= kCrcDigits || text[kCrcDigits] != ' ') {
    return parsed;
  }
  parsed.line.payload = text.substr(kCrcDigits + 1);
  std::array<char, kCrcDigits> expected{};
  put_crc(expected.data(), crc32(crc32(0, before), parsed.line.payload));
  if (std::equal(expected.begin(), expected.end(), text.begin())) {
    parsed.kind = LineKind::kWhole;
  } else if (is_half_payload(parsed.line.payload)) {
    parsed.kind = LineKind::kHalf;
  }
  return parsed;
}

void append_line(std::string& out, const NumberedLine& line) {
  const std::size_t start = out.size();
  out.append(line.id).append(1, ' ').append(line.stream).append(1, ' ');
  const std::size_t digits = out.size();
  out.append(kSequenceDigits, '0').append(1, ' ');
  put_sequence(&out[digits], line.sequence);
  const std::uint32_t crc = crc32(0, std::string_view(out).substr(start));
  const std::size_t crc_at = out.size();
  out.append(kCrcDigits, '0').append(1, ' ').append(line.payload).append(1, '\n');
  put_crc(&out[crc_at], crc32(crc, line.payload));
}

std::size_t header_bytes(std::string_view id, std::string_view stream) {
  return id.size() + 1 + stream.size() + 1 + kSequenceDigits + 1 + kCrcDigits + 1;
}

void put_sequence(char* to, std::uint64_t sequence) {
  for (std::size_t index = kSequenceDigits; index > 0; --index) {
    to[index - 1] = static_cast<char>('0' + sequence % 10);
    sequence /= 10;
  }
  ASSERT(sequence == 0);
}

void put_crc(char* to, std::uint32_t crc) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t index = kCrcDigits; index > 0; --index) {
    to[index - 1] = kHex[crc & 0xFU];
    crc >>= 4U;
  }
}

}  // namespace bench
