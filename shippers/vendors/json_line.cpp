#include "shippers/vendors/json_line.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "shippers/lines/line_head.h"

namespace shippers {

void append_json_line(const Line& line, std::string_view time_key, std::string& out) {
  base::JsonWriter json;
  json.begin_object()
      .field(time_key, std::string_view(base::format_rfc3339_ms(line.time_ns)))
      .field("service", line.service)
      .field("stream", stream_name(line.stream))
      .field("host", line.host)
      .field("message", line.text)
      .end_object();
  out += json.text();
}

}  // namespace shippers
