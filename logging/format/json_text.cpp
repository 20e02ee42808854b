#include "logging/format/json_text.h"

#include <cstdint>
#include <cstring>
#include <string>

#include "base/json_writer.h"

namespace logging {

namespace {

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101U;
constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080U;

/// Eight bytes at once: the high bit of every byte that is below 0x20, a quote, a backslash or not
/// ASCII. A byte behind one that is may be flagged falsely: it only matters whether any is.
std::uint64_t flag_special(std::uint64_t word) {
  const auto zeros = [](std::uint64_t x) { return (x - kOnes) & ~x & kHighs; };
  return ((word - kOnes * 0x20) | zeros(word ^ (kOnes * '"')) | zeros(word ^ (kOnes * '\\')) |
          word) &
         kHighs;
}

std::uint64_t load(const char* from, std::size_t bytes) {
  std::uint64_t word = kOnes * 'x';
  std::memcpy(&word, from, bytes);
  return word;
}

}  // namespace

bool is_plain_ascii(std::string_view text) {
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= sizeof(std::uint64_t);
       at += sizeof(std::uint64_t), left -= sizeof(std::uint64_t)) {
    if (flag_special(load(at, sizeof(std::uint64_t))) != 0) {
      return false;
    }
  }
  return left == 0 || flag_special(load(at, left)) == 0;
}

void append_json_text(TextBuffer& out, std::string_view text) {
  if (is_plain_ascii(text)) {
    out.put('"');
    out.put(text);
    out.put('"');
    return;
  }
  std::string quoted;
  base::append_json_string(quoted, text);
  out.put(quoted);
}

}  // namespace logging
