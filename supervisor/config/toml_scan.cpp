#include "supervisor/config/toml_scan.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace supervisor {
namespace {

Problem problem_at(std::string_view text, std::size_t offset, const std::string& source,
                   std::string message) {
  Origin origin{source, 1, 1};
  for (std::size_t at = 0; at < offset; ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '\n') {
      ++origin.line;
      origin.column = 1;
    } else if ((byte & 0xC0U) != 0x80U) {  // not a continuation byte
      ++origin.column;
    }
  }
  return {Severity::kError, origin, std::move(message)};
}

std::optional<Problem> find_bad_byte(std::string_view text, const std::string& source) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = base::utf8_sequence_bytes(text.substr(at));
    if (length == 0) {
      return problem_at(text, at, source,
                        fmt::format("cannot read byte 0x{:02x}: it is not valid UTF-8",
                                    static_cast<unsigned char>(text[at])));
    }
    if (text[at] == '\0') {
      return problem_at(text, at, source, "cannot read a NUL byte: this is not a text file");
    }
    at += length;
  }
  return std::nullopt;
}

/// Offset behind the string that begins at `at`, for all four kinds of TOML strings.
std::size_t skip_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string_view triple = quote == '"' ? "\"\"\"" : "'''";
  const bool multiline = text.substr(at).starts_with(triple);
  const std::string_view end = multiline ? triple : triple.substr(0, 1);
  at += end.size();
  while (at < text.size() && !text.substr(at).starts_with(end)) {
    if (!multiline && text[at] == '\n') {
      return at;  // unterminated: the parser will say so
    }
    at += text[at] == '\\' && quote == '"' ? 2U : 1U;
  }
  return at + end.size();
}

std::optional<Problem> find_deep_key(std::string_view text, const std::string& source) {
  std::size_t parts = 1;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = skip_string(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '.' && ++parts > kKeyPartsMax) {
      return problem_at(text, at, source,
                        fmt::format("cannot read a key of more than {} parts", kKeyPartsMax));
    }
    if (c == '\n' || c == '=' || c == ',' || c == '{' || c == '}') {
      parts = 1;
    }
    ++at;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Problem> scan_toml(std::string_view text, const std::string& source) {
  auto bad_byte = find_bad_byte(text, source);
  return bad_byte ? bad_byte : find_deep_key(text, source);
}

}  // namespace supervisor
