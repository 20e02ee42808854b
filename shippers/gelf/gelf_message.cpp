#include "shippers/gelf/gelf_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json_writer.h"
#include "base/text.h"
#include "logging/severity.h"
#include "shippers/vendors/json_fields.h"
#include "shippers/vendors/label_template.h"

namespace shippers {

namespace {

constexpr auto kLevels = std::to_array<int>({7, 7, 6, 5, 4, 3, 2, 1, 0});
static_assert(kLevels.size() == logging::kSeverities);

bool may_be_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

std::string name_of(std::string_view field) {
  std::string name(field);
  std::ranges::replace_if(
      name, [](char c) { return !may_be_in_name(c); }, '_');
  return name == "id" ? "id_" : name;
}

void append_name(std::string_view name, std::string& out) {
  out += ",\"_";
  out += name;
  out += "\":";
}

bool is_number(const logging::Value& value) {
  return value.kind == logging::ValueKind::kJson && !value.text.empty() &&
         (value.text[0] == '-' || (value.text[0] >= '0' && value.text[0] <= '9'));
}

void append_own(const Line& line, std::string_view name, std::string_view value, std::string& out) {
  if (!has_field(line, name)) {
    append_name(name, out);
    base::append_json_string(out, value);
  }
}

void append_field(const logging::Field& field, std::string& out) {
  if (field.value.kind == logging::ValueKind::kJson && field.value.text == "null") {
    return;
  }
  append_name(name_of(field.name), out);
  if (is_number(field.value)) {
    out += field.value.text;
  } else {
    base::append_json_string(out, field.value.text);
  }
}

}  // namespace

void append_gelf(const Line& line, std::string_view host, std::string& out) {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  constexpr std::uint64_t kMsPerSecond = 1'000;
  const std::uint64_t ms = line.time_ns / kNsPerMs;
  out += "{\"version\":\"1.1\",\"host\":";
  const std::string name = expand_label(host, line);
  base::append_json_string(out, name.empty() ? "-" : name);
  out += ",\"short_message\":";
  const bool is_blank = base::trim(line.text).empty();  // which is not allowed
  base::append_json_string(out, is_blank ? "-" : line.text);
  out += fmt::format(",\"timestamp\":{}.{:03},\"level\":{}", ms / kMsPerSecond, ms % kMsPerSecond,
                     kLevels[static_cast<std::size_t>(severity_of(line))]);
  append_own(line, "service", line.service, out);
  append_own(line, "stream", logging::stream_name(line.stream), out);
  if (line.fields != nullptr) {
    for (const logging::Field& field : *line.fields) {
      append_field(field, out);
    }
  }
  out += '}';
}

}  // namespace shippers
