#include "shippers/vendors/json_line.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "logging/record.h"
#include "shippers/vendors/json_fields.h"

namespace shippers {

namespace {

void append_own(const Line& line, std::string_view key, std::string_view value, std::string& out) {
  if (has_field(line, key)) {
    return;
  }
  out += out.ends_with('{') ? "" : ",";
  base::append_json_string(out, key);
  out += ':';
  base::append_json_string(out, value);
}

}  // namespace

void append_json_members(const Line& line, std::string& out) {
  append_own(line, "level", logging::severity_name(severity_of(line)), out);
  append_own(line, "service", line.service, out);
  append_own(line, "stream", logging::stream_name(line.stream), out);
  append_own(line, "host", line.host, out);
  append_own(line, "message", line.text, out);
  append_json_fields(line, out);
}

// Written to its place: with a JsonWriter for each line it took four times as long.
void append_json_line(const Line& line, std::string_view time_key, std::string& out) {
  out += '{';
  base::append_json_string(out, time_key);
  out += ":\"";
  out += base::format_rfc3339_ms(line.time_ns);
  out += '"';
  append_json_members(line, out);
  out += '}';
}

}  // namespace shippers
