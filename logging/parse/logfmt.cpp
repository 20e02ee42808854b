#include "logging/parse/logfmt.h"

#include "logging/parse/json_token.h"

namespace logging {

namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// The index of the quote that closes the one at `at`; npos: there is none.
std::size_t closing_quote(std::string_view line, std::size_t at) {
  for (++at; at < line.size(); ++at) {
    if (line[at] == '"') {
      return at;
    }
    at += line[at] == '\\' ? 1U : 0U;
  }
  return std::string_view::npos;
}

char escaped(char c) {
  switch (c) {
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

std::string_view unquote(std::string_view inner, Arena& arena) {
  if (inner.find('\\') == std::string_view::npos) {
    return inner;
  }
  char* text = arena.take(inner.size());
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < inner.size(); ++at) {
    const bool escapes = inner[at] == '\\' && at + 1 < inner.size();
    at += escapes ? 1U : 0U;
    text[bytes++] = escapes ? escaped(inner[at]) : inner[at];
  }
  return {text, bytes};
}

ValueKind kind_of(std::string_view bare) {
  const bool json = bare == "true" || bare == "false" || is_json_number(bare);
  return json ? ValueKind::kJson : ValueKind::kText;
}

class LogfmtScanner {
 public:
  LogfmtScanner(std::string_view line, Arena& arena, FieldList& fields)
      : line_(line), arena_(arena), fields_(fields) {}

  [[nodiscard]] ParseProblem scan() {
    ParseProblem problem;
    while (problem.empty() && skip_blanks()) {
      problem = read_pair();
    }
    if (problem.empty() && !has_value_) {
      return "logfmt: there is no key=value";
    }
    return problem;
  }

 private:
  bool skip_blanks() {
    while (at_ < line_.size() && is_blank(line_[at_])) {
      ++at_;
    }
    return at_ < line_.size();
  }

  ParseProblem read_pair() {
    const std::size_t begin = at_;
    while (at_ < line_.size() && !is_blank(line_[at_]) && line_[at_] != '=' && line_[at_] != '"') {
      ++at_;
    }
    const std::string_view key = line_.substr(begin, at_ - begin);
    if (key.empty()) {
      return "logfmt: a value has no key";
    }
    Value value{"true", ValueKind::kJson};
    if (at_ < line_.size() && line_[at_] == '=') {
      ++at_;
      has_value_ = true;
      if (!read_value(value)) {
        return "logfmt: a quote has no end";
      }
    } else if (at_ < line_.size() && line_[at_] == '"') {
      return "logfmt: a quote stands within a key";
    }
    return fields_.set(key, value) ? ParseProblem{} : "logfmt: it has too many fields";
  }

  bool read_value(Value& value) {
    if (at_ < line_.size() && line_[at_] == '"') {
      const std::size_t end = closing_quote(line_, at_);
      if (end == std::string_view::npos) {
        return false;
      }
      value = {unquote(line_.substr(at_ + 1, end - at_ - 1), arena_), ValueKind::kText};
      at_ = end + 1;
      return true;
    }
    const std::size_t begin = at_;
    while (at_ < line_.size() && !is_blank(line_[at_])) {
      ++at_;
    }
    const std::string_view bare = line_.substr(begin, at_ - begin);
    value = {bare, kind_of(bare)};
    return true;
  }

  std::string_view line_;
  Arena& arena_;
  FieldList& fields_;
  std::size_t at_ = 0;
  bool has_value_ = false;
};

}  // namespace

ParseProblem parse_logfmt(std::string_view line, Arena& arena, FieldList& fields) {
  fields.clear();
  return LogfmtScanner(line, arena, fields).scan();
}

}  // namespace logging
