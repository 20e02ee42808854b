#include "shippers/vendors/ecs_line.h"

#include <algorithm>
#include <array>

#include "base/json_writer.h"
#include "base/text.h"
#include "logging/record.h"
#include "shippers/vendors/json_fields.h"

namespace shippers {

namespace {

// What a field cannot be called, or a document would hold a text and an object by one name.
constexpr std::array<std::string_view, 6> kOwn{"@timestamp", "message", "service",
                                               "host",       "log",     "@metadata"};

/// Those with a name of ours go below `labels`, where the schema has texts of any name.
void append_other_fields(const Line& line, std::string& out) {
  Line own = line;
  logging::FieldList other;
  logging::FieldList labels;
  for (const logging::Field& field : *line.fields) {
    const bool is_own = std::ranges::find(kOwn, field.name) != kOwn.end();
    (is_own ? labels : other).set(field.name, field.value);
  }
  own.fields = &other;
  append_json_fields(own, out);
  if (!labels.empty()) {
    std::string members;
    own.fields = &labels;
    append_json_fields(own, members);
    out += ",\"labels\":{" + members.substr(1) + "}";
  }
}

}  // namespace

// Written to its place, as json_line.cpp is: a JsonWriter for each line costs four times as much.
void append_ecs_line(const Line& line, std::string& out) {
  out += "{\"@timestamp\":\"";
  out += base::format_rfc3339_ms(line.time_ns);
  out += "\",\"message\":";
  base::append_json_string(out, line.text);
  out += ",\"service\":{\"name\":";
  base::append_json_string(out, line.service);
  out += "},\"host\":{\"name\":";
  base::append_json_string(out, line.host);
  out += "},\"log\":{\"level\":\"";
  out += logging::severity_name(severity_of(line));
  out += "\",\"iostream\":";
  base::append_json_string(out, logging::stream_name(line.stream));
  out += '}';
  if (line.fields != nullptr) {
    append_other_fields(line, out);
  }
  out += '}';
}

void append_beats_line(const Line& line, std::string& out) {
  append_ecs_line(line, out);
  out.pop_back();
  out += ",\"@metadata\":{\"beat\":\"birl\",\"type\":\"_doc\",\"version\":\"" BIRL_VERSION "\"}}";
}

}  // namespace shippers
