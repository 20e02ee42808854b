#include "shippers/network/line.h"

namespace shippers {

logging::Severity severity_of(const Line& line) {
  if (line.severity) {
    return *line.severity;
  }
  const auto usual = line.stream == logging::Stream::kStderr ? logging::Severity::kError
                                                             : logging::Severity::kInfo;
  return logging::find_severity(line.text).value_or(usual);
}

Line line_of(const logging::Record& record, std::string_view host) {
  Line line{.service = record.service,
            .host = host,
            .stream = record.stream,
            .time_ns = record.time_ns,
            .position = record.position,
            .text = record.message.text,
            .raw = record.raw.text,
            .severity = std::nullopt,
            .fields = record.fields.empty() ? nullptr : &record.fields};
  if (record.has_severity) {
    line.severity = record.severity;
  }
  return line;
}

}  // namespace shippers
