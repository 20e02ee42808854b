#include "shippers/lines/record_lines.h"

namespace shippers {

namespace {

logging::RecordFormat record_format_of(logging::SinkFormat format) {
  switch (format) {
    case logging::SinkFormat::kRaw:
    case logging::SinkFormat::kText:
      return logging::RecordFormat::kText;
    case logging::SinkFormat::kJson:
      return logging::RecordFormat::kJson;
    case logging::SinkFormat::kLogfmt:
      return logging::RecordFormat::kLogfmt;
  }
  return logging::RecordFormat::kText;
}

}  // namespace

bool is_of_records(logging::SinkFormat format) {
  return record_format_of(format) != logging::RecordFormat::kText;
}

logging::RecordFormatter make_record_formatter(
    logging::SinkFormat format, std::optional<logging::Timestamp> timestamp,
    const std::string& host, const std::string& service,
    const std::array<std::string, logging::RingLimits::kStreams>& prefixes) {
  LineHead head(format, timestamp, service, prefixes);
  return {record_format_of(format), host, [head](const logging::Record& record) mutable {
            logging::FrameHeader frame{};
            frame.stream = record.stream;
            frame.time_ns = record.read_ns;
            return head.of(frame);
          }};
}

}  // namespace shippers
