#include "logging/format/record_format.h"

#include "logging/format/json_text.h"

namespace logging {

namespace {

bool has_message(const Record& record) {
  return record.origin == TextOrigin::kLine || !record.message.text.empty();
}

void append_json_value(TextBuffer& out, const Value& value) {
  switch (value.kind) {
    case ValueKind::kText:
      append_json_text(out, value.text);
      return;
    case ValueKind::kPlain:
      out.put('"');
      out.put(value.text);
      out.put('"');
      return;
    case ValueKind::kJson:
      out.put(value.text);
      return;
  }
}

/// `key` is written out: `,"level":`.
void append_own(TextBuffer& out, const Record& record, std::string_view key, const Value& value) {
  constexpr std::size_t kBefore = 2;
  constexpr std::size_t kBehind = 2;
  if (record.fields.find(key.substr(kBefore, key.size() - kBefore - kBehind)) != nullptr) {
    return;
  }
  out.put(key);
  append_json_value(out, value);
}

bool needs_quotes(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == '\x7f') {
      return true;
    }
  }
  return text.empty();
}

void append_quoted(TextBuffer& out, std::string_view text) {
  out.put('"');
  for (const char c : text) {
    switch (c) {
      case '\n':
        out.put("\\n");
        break;
      case '\r':
        out.put("\\r");
        break;
      case '\t':
        out.put("\\t");
        break;
      case '"':
      case '\\':
        out.put('\\');
        out.put(c);
        break;
      default:
        out.put(c);
    }
  }
  out.put('"');
}

/// A name that logfmt cannot hold is changed until it can.
void append_logfmt_name(TextBuffer& out, std::string_view name) {
  for (const char c : name) {
    const bool fits = static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != '\x7f';
    out.put(fits ? c : '_');
  }
  if (name.empty()) {
    out.put('_');
  }
}

void append_pair(TextBuffer& out, std::string_view name, std::string_view text) {
  if (out.size() > 0 && out.text().back() != '\n') {
    out.put(' ');
  }
  append_logfmt_name(out, name);
  out.put('=');
  if (needs_quotes(text)) {
    append_quoted(out, text);
  } else {
    out.put(text);
  }
}

}  // namespace

RecordFormatter::RecordFormatter(RecordFormat format, std::string host, Head head)
    : format_(format), host_(std::move(host)), head_(std::move(head)) {}

RecordFormatter::RecordFormatter(Write write)
    : format_(RecordFormat::kText), write_(std::move(write)) {}

void RecordFormatter::append(const Record& record, TextBuffer& out) {
  if (write_) {
    write_(record, out);
    return;
  }
  switch (format_) {
    case RecordFormat::kText:
      if (head_) {
        out.put(head_(record));
      }
      out.put(record.raw.text);
      break;
    case RecordFormat::kJson:
      append_json(record, out);
      break;
    case RecordFormat::kLogfmt:
      append_logfmt(record, out);
      break;
  }
  out.put('\n');
}

void RecordFormatter::append_json(const Record& record, TextBuffer& out) {
  const std::size_t begin = out.size();
  append_own(out, record, ",\"time\":", {time_.write(record.time_ns), ValueKind::kPlain});
  append_own(out, record, ",\"level\":", {severity_name(record.severity), ValueKind::kPlain});
  append_own(out, record, ",\"service\":", {record.service, ValueKind::kText});
  append_own(out, record, ",\"stream\":", {stream_name(record.stream), ValueKind::kPlain});
  append_own(out, record, ",\"host\":", {host_, ValueKind::kText});
  if (has_message(record)) {
    append_own(out, record, ",\"message\":", record.message);
  }
  for (const Field& field : record.fields) {
    out.put(',');
    append_json_value(out, {field.name, field.plain_name ? ValueKind::kPlain : ValueKind::kText});
    out.put(':');
    append_json_value(out, field.value);
  }
  out.set(begin, '{');  // instead of the first comma
  out.put('}');
}

void RecordFormatter::append_logfmt(const Record& record, TextBuffer& out) {
  const std::array<std::pair<std::string_view, std::string_view>, 6> own{
      {{"time", time_.write(record.time_ns)},
       {"level", severity_name(record.severity)},
       {"service", record.service},
       {"stream", stream_name(record.stream)},
       {"host", host_},
       {"message", record.message.text}}};
  for (const auto& [name, text] : own) {
    const bool absent = name == "message" && !has_message(record);
    if (!absent && record.fields.find(name) == nullptr) {
      append_pair(out, name, text);
    }
  }
  for (const Field& field : record.fields) {
    append_pair(out, field.name, field.value.text);
  }
}

}  // namespace logging
