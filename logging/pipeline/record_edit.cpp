#include "logging/pipeline/record_edit.h"

namespace logging {

namespace {

constexpr std::string_view kMessage = "message";
constexpr std::string_view kLevel = "level";
constexpr std::string_view kStream = "stream";

}  // namespace

std::string_view find_part(const Record& record, std::string_view name) {
  if (const Field* field = record.fields.find(name)) {
    return field->value.text;
  }
  if (name == kMessage) {
    return record.message.text;
  }
  if (name == kLevel) {
    return severity_name(record.severity);
  }
  return name == kStream ? stream_name(record.stream) : std::string_view{};
}

void set_part(Record& record, std::string_view name, const Value& value) {
  if (name == kMessage) {
    record.message = value;
    record.fields.remove(name);
    return;
  }
  if (name == kLevel) {
    if (const auto severity = parse_severity(value.text)) {
      record.severity = *severity;
      record.has_severity = true;
      record.fields.remove(name);
      return;
    }
  }
  static_cast<void>(record.fields.set(name, value));
}

void rename_part(Record& record, std::string_view from, std::string_view to) {
  if (from == to) {
    return;
  }
  if (const Field* field = record.fields.find(from)) {
    const Value value = field->value;
    record.fields.remove(from);
    set_part(record, to, value);
  } else if (from == kMessage) {
    const Value value = record.message;
    remove_part(record, from);
    set_part(record, to, value);
  }
}

void remove_part(Record& record, std::string_view name) {
  if (!record.fields.remove(name) && name == kMessage) {
    record.message = {};
    record.origin = record.origin == TextOrigin::kLine ? TextOrigin::kParsed : record.origin;
  }
}

}  // namespace logging
