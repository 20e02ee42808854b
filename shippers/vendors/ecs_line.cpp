#include "shippers/vendors/ecs_line.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "logging/record.h"

namespace shippers {

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
  out += "},\"log\":{\"iostream\":";
  base::append_json_string(out, logging::stream_name(line.stream));
  out += "}}";
}

void append_beats_line(const Line& line, std::string& out) {
  append_ecs_line(line, out);
  out.pop_back();
  out += ",\"@metadata\":{\"beat\":\"birl\",\"type\":\"_doc\",\"version\":\"" BIRL_VERSION "\"}}";
}

}  // namespace shippers
