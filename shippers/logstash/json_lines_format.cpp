#include "shippers/logstash/json_lines_format.h"

#include "shippers/vendors/ecs_line.h"

namespace shippers {

RequestLimits JsonLinesFormat::limits() const {
  constexpr std::uint64_t kEventBytes = 1'000'000;  // its own limit is far beyond
  return stream_limits(kEventBytes);
}

void JsonLinesFormat::encode(const Line& line, std::string& /*key*/, std::string& text) const {
  append_ecs_line(line, text);
}

}  // namespace shippers
