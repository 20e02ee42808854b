#include "supervisor/control/protocol.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"

namespace supervisor {

namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool needs_quotes(std::string_view word) {
  return word.empty() || std::ranges::any_of(word, [](char c) {
           return is_control(c) || c == ' ' || c == '"' || c == '\\';
         });
}

void append_quoted(std::string& out, std::string_view word) {
  out += '"';
  for (const char c : word) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (is_control(c)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

base::Unexpected bad_line(std::string_view why) {
  return base::fail(base::ErrorCode::kInvalid, fmt::format("cannot read the request: {}", why));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// `rest` begins behind the backslash; takes the escape.
base::Result<char> take_escape(std::string_view& rest) {
  if (rest.empty()) {
    return bad_line("a quote does not end");
  }
  const char c = rest.front();
  rest.remove_prefix(1);
  switch (c) {
    case '"':
    case '\\':
      return c;
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'x':
      break;
    default:
      return bad_line("only \\\" \\\\ \\n \\t \\r and \\xHH may follow a backslash");
  }
  const int high = rest.size() < 2 ? -1 : hex_digit(rest[0]);
  const int low = rest.size() < 2 ? -1 : hex_digit(rest[1]);
  if (high < 0 || low < 0) {
    return bad_line("\\x needs two hexadecimal digits");
  }
  rest.remove_prefix(2);
  return static_cast<char>(high * 16 + low);
}

/// `rest` begins behind the opening quote; takes the word and its closing quote.
base::Result<std::string> take_quoted(std::string_view& rest) {
  std::string word;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') {
      if (!rest.empty() && rest.front() != ' ') {
        return bad_line("a space must follow a closing quote");
      }
      return word;
    }
    if (c == '\\') {
      TRY_ASSIGN(const char escaped, take_escape(rest));
      word += escaped;
    } else {
      word += c;
    }
  }
  return bad_line("a quote does not end");
}

base::Result<std::string> take_bare(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  if (needs_quotes(word)) {
    return bad_line("a word with a quote, a backslash or a control byte must be quoted");
  }
  return std::string(word);
}

}  // namespace

std::string make_request_line(std::span<const std::string> words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) {
      line += ' ';
    }
    if (needs_quotes(word)) {
      append_quoted(line, word);
    } else {
      line += word;
    }
  }
  line += '\n';
  return line;
}

base::Result<std::vector<std::string>> parse_words(std::string_view line) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  std::vector<std::string> words;
  for (;;) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.empty()) {
      return words;
    }
    if (words.size() == ProtocolLimits::kWords) {
      return bad_line(fmt::format("more than {} words", ProtocolLimits::kWords));
    }
    if (line.front() == '"') {
      line.remove_prefix(1);
      TRY_ASSIGN(words.emplace_back(), take_quoted(line));
    } else {
      TRY_ASSIGN(words.emplace_back(), take_bare(line));
    }
  }
}

std::string_view error_code_name(base::ErrorCode code) {
  switch (code) {
    case base::ErrorCode::kInvalid:
      return "invalid";
    case base::ErrorCode::kNotFound:
      return "not_found";
    case base::ErrorCode::kPermission:
      return "permission";
    case base::ErrorCode::kExists:
      return "exists";
    case base::ErrorCode::kLimit:
      return "limit";
    case base::ErrorCode::kTimeout:
      return "timeout";
    case base::ErrorCode::kSystem:
      return "system";
    case base::ErrorCode::kDamaged:
      return "damaged";
    case base::ErrorCode::kUnavailable:
      return "unavailable";
  }
  return "system";
}

std::string make_error_json(const base::Error& error) {
  base::JsonWriter json;
  json.begin_object();
  json.field("error", error.message);
  json.field("code", error_code_name(error.code));
  json.end_object();
  return json.text();
}

}  // namespace supervisor
