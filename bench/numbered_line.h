// A log line that proves itself: `ID STREAM SEQ CRC payload`, ended by a newline.
//
//   ID      the generator's name, no spaces        STREAM  out | err
//   SEQ     twelve decimal digits, counting from 1, per ID and stream
//   CRC     eight hex digits: CRC-32 (IEEE, as in gzip) of the line without this field and the
//           space behind it, and without the newline
//
// So a reader that knows nothing else can tell a lost, doubled, reordered or damaged line. A
// generator told to die in the middle of a line marks that line with a payload of "HALFHALF...", so
// that a checker can tell a half line that was cut where it should be from a damaged one.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

inline constexpr std::size_t kSequenceDigits = 12;
inline constexpr std::size_t kCrcDigits = 8;
inline constexpr std::string_view kHalfMark = "HALF";

/// CRC-32 of `data` that continues `crc`, which is 0 at the start.
[[nodiscard]] std::uint32_t crc32(std::uint32_t crc, std::string_view data);

struct NumberedLine {
  std::string_view id;
  std::string_view stream;
  std::uint64_t sequence = 0;
  std::string_view payload;
};

enum class LineKind : std::uint8_t {
  kWhole,
  kHalf,     // the beginning of a line whose writer was to die in the middle of it
  kDamaged,  // looks like a numbered line, but its checksum is wrong
  kForeign,  // not a numbered line at all
};

struct ParsedLine {
  LineKind kind = LineKind::kForeign;
  NumberedLine line;  // views into the parsed text; unset when kForeign
};

/// `text` is without its newline.
[[nodiscard]] ParsedLine parse_line(std::string_view text);

/// Appends the line and its newline to `out`.
void append_line(std::string& out, const NumberedLine& line);

/// Bytes of a line in front of its payload.
[[nodiscard]] std::size_t header_bytes(std::string_view id, std::string_view stream);

/// Exactly kSequenceDigits digits; `sequence` fits into them.
void put_sequence(char* to, std::uint64_t sequence);
/// Exactly kCrcDigits lower-case hex digits.
void put_crc(char* to, std::uint32_t crc);

}  // namespace bench
