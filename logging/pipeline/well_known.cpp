#include "logging/pipeline/well_known.h"

#include <array>

#include "logging/parse/timestamp.h"

namespace logging {

namespace {

constexpr std::array<std::string_view, 3> kMessageNames{"message", "msg", "log"};
constexpr std::array<std::string_view, 4> kTimeNames{"time", "ts", "timestamp", "@timestamp"};
constexpr std::array<std::string_view, 3> kLevelNames{"level", "severity", "lvl"};

bool is_text(const Value& value) {
  return value.kind != ValueKind::kJson;
}

bool take_message(Record& record, const Value& value) {
  if (!is_text(value)) {
    return false;
  }
  record.message = value;
  if (record.message.text.ends_with('\n')) {  // as Docker writes it
    record.message.text.remove_suffix(1);
  }
  return true;
}

bool take_time(Record& record, const Value& value) {
  const auto time_ns = parse_time(value.text, record.read_ns);
  record.time_ns = time_ns.value_or(record.time_ns);
  return time_ns.has_value();
}

bool take_level(Record& record, const Value& value) {
  const auto severity = parse_severity(value.text);
  record.severity = severity.value_or(record.severity);
  record.has_severity = record.has_severity || severity.has_value();
  return severity.has_value();
}

template <typename Names, typename Take>
void take_first(Record& record, const Names& names, Take take) {
  for (const std::string_view name : names) {
    const Field* field = record.fields.find(name);
    if (field != nullptr && take(record, field->value)) {
      record.fields.remove(name);
      return;
    }
  }
}

}  // namespace

void take_well_known(Record& record) {
  take_first(record, kMessageNames, take_message);
  take_first(record, kTimeNames, take_time);
  take_first(record, kLevelNames, take_level);
}

}  // namespace logging
