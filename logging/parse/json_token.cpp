#include "logging/parse/json_token.h"

#include <cstdint>

namespace logging {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) {
    ++at;
  }
  return at;
}

std::uint32_t hex_digit(char c) {
  if (is_digit(c)) {
    return static_cast<std::uint32_t>(c - '0');
  }
  return static_cast<std::uint32_t>((c | 0x20) - 'a') + 10U;
}

std::uint32_t hex4(std::string_view digits) {
  std::uint32_t number = 0;
  for (const char c : digits) {
    number = number * 16 + hex_digit(c);
  }
  return number;
}

std::size_t put_utf8(std::uint32_t code, char* to) {
  const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
  if (code < 0x80) {
    to[0] = byte(code);
    return 1;
  }
  if (code < 0x800) {
    to[0] = byte(0xC0 | (code >> 6U));
    to[1] = byte(0x80 | (code & 0x3FU));
    return 2;
  }
  if (code < 0x10000) {
    to[0] = byte(0xE0 | (code >> 12U));
    to[1] = byte(0x80 | ((code >> 6U) & 0x3FU));
    to[2] = byte(0x80 | (code & 0x3FU));
    return 3;
  }
  to[0] = byte(0xF0 | (code >> 18U));
  to[1] = byte(0x80 | ((code >> 12U) & 0x3FU));
  to[2] = byte(0x80 | ((code >> 6U) & 0x3FU));
  to[3] = byte(0x80 | (code & 0x3FU));
  return 4;
}

constexpr std::uint32_t kReplacement = 0xFFFD;

/// The code point of the \uXXXX at `at` (the backslash), pairs put together; moves `at` behind it.
std::uint32_t read_unicode(std::string_view inner, std::size_t& at) {
  const std::uint32_t high = hex4(inner.substr(at + 2, 4));
  at += 6;
  if (high < 0xD800 || high > 0xDFFF) {
    return high;
  }
  if (high <= 0xDBFF && inner.substr(at, 2) == "\\u" && inner.size() >= at + 6) {
    const std::uint32_t low = hex4(inner.substr(at + 2, 4));
    if (low >= 0xDC00 && low <= 0xDFFF) {
      at += 6;
      return 0x10000 + ((high - 0xD800) << 10U) + (low - 0xDC00);
    }
  }
  return kReplacement;
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

}  // namespace

bool is_json_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1U : 0U;
  const std::size_t whole = skip_digits(text, at);
  if (whole == at || (text[at] == '0' && whole > at + 1)) {
    return false;
  }
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = skip_digits(text, at + 1);
    if (end == at + 1) {
      return false;
    }
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    at += at < text.size() && (text[at] == '+' || text[at] == '-') ? 1U : 0U;
    const std::size_t end = skip_digits(text, at);
    if (end == at) {
      return false;
    }
    at = end;
  }
  return at == text.size();
}

std::size_t json_string_end(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    at += json[at] == '\\' ? 1U : 0U;
  }
  return at + 1;
}

std::size_t unescape_json(std::string_view inner, char* to) {
  const char* begin = to;
  for (std::size_t at = 0; at < inner.size();) {
    if (inner[at] != '\\') {
      *to++ = inner[at++];
    } else if (inner[at + 1] == 'u') {
      to += put_utf8(read_unicode(inner, at), to);
    } else {
      *to++ = simple_escape(inner[at + 1]);
      at += 2;
    }
  }
  return static_cast<std::size_t>(to - begin);
}

}  // namespace logging
