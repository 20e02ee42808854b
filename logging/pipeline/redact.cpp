#include "logging/pipeline/redact.h"

#include "base/check.h"
#include "logging/format/json_text.h"
#include "logging/parse/json_token.h"

namespace logging {

namespace {

std::size_t scalar_end(std::string_view json, std::size_t at) {
  while (at < json.size() && json[at] != ',' && json[at] != '}' && json[at] != ']' &&
         !is_json_blank(json[at])) {
    ++at;
  }
  return at;
}

}  // namespace

base::Result<Redactor> Redactor::make(const std::vector<std::string>& what) {
  Redactor redactor;
  for (const std::string& item : what) {
    if (const auto secret = parse_secret(item)) {
      redactor.secrets_.push_back(*secret);
      continue;
    }
    TRY_ASSIGN(Regex regex, Regex::make(item));
    redactor.expressions_.push_back(std::move(regex));
  }
  return redactor;
}

/// The first secret of any kind; where two begin together, the longer.
bool Redactor::find(std::string_view text, std::size_t from, SecretSpan& span) const {
  bool found = false;
  const auto take = [&](SecretSpan other) {
    if (!found || other.begin < span.begin || (other.begin == span.begin && other.end > span.end)) {
      span = other;
      found = true;
    }
  };
  for (const Secret secret : secrets_) {
    if (const auto other = find_secret(secret, text, from)) {
      take(*other);
    }
  }
  for (const Regex& expression : expressions_) {
    Regex::Span other;
    if (expression.find(text, from, other)) {
      take({other.begin, other.end});
    }
  }
  return found;
}

std::string_view Redactor::redact(std::string_view text, Arena& arena) const {
  SecretSpan span;
  if (!find(text, 0, span)) {
    return text;
  }
  TextBuffer out;
  std::size_t done = 0;
  do {
    ASSERT(span.begin >= done && span.end > span.begin);
    out.put(text.substr(done, span.begin - done));
    out.put(kRedacted);
    done = span.end;
  } while (find(text, done, span));
  out.put(text.substr(done));
  return arena.copy(out.text());
}

/// Valid JSON in, valid JSON out: strings are gone through one by one, names of members too; a
/// number that is a secret becomes a string.
std::string_view Redactor::redact_json(std::string_view json, Arena& arena) const {
  TextBuffer out;
  std::size_t done = 0;
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    const bool is_string = c == '"';
    const bool is_number = c == '-' || (c >= '0' && c <= '9');
    if (!is_string && !is_number) {
      ++at;
      continue;
    }
    const std::size_t end = is_string ? json_string_end(json, at) : scalar_end(json, at);
    std::string_view text = json.substr(at, end - at);
    if (is_string) {
      text = text.substr(1, text.size() - 2);
      if (text.find('\\') != std::string_view::npos) {
        char* plain = arena.take(text.size());
        text = {plain, unescape_json(text, plain)};
      }
    }
    const std::string_view clean = redact(text, arena);
    if (clean.data() != text.data()) {
      out.put(json.substr(done, at - done));
      append_json_text(out, clean);
      done = end;
    }
    at = end;
  }
  if (done == 0) {
    return json;
  }
  out.put(json.substr(done));
  return arena.copy(out.text());
}

void Redactor::apply(Value& value, Arena& arena) const {
  const std::string_view before = value.text;
  if (value.kind != ValueKind::kJson) {
    value.text = redact(before, arena);
    // [REDACTED] is plain, and so is what is left of plain text.
    return;
  }
  if (before.starts_with('{') || before.starts_with('[')) {
    value.text = redact_json(before, arena);
    return;
  }
  value.text = redact(before, arena);
  if (value.text.data() != before.data()) {
    value.kind = ValueKind::kText;
  }
}

void Redactor::apply(Record& record, Arena& arena) const {
  const Value raw = record.raw;
  const bool same = record.message.text.data() == raw.text.data() &&
                    record.message.text.size() == raw.text.size();
  if (record.origin == TextOrigin::kJson && raw.text.find('\\') != std::string_view::npos) {
    record.raw.text = redact_json(raw.text, arena);
  }
  apply(record.raw, arena);
  if (same) {
    record.message = record.raw;
  } else {
    apply(record.message, arena);
  }
  for (Field& field : record.fields) {
    apply(field.value, arena);
  }
}

}  // namespace logging
