#include "shippers/network/formatted_destination.h"

#include "shippers/lines/record_lines.h"

namespace shippers {

namespace {

logging::Record record_of(const Line& line) {
  logging::Record record;
  record.service = line.service;
  record.stream = line.stream;
  record.time_ns = record.read_ns = line.time_ns;
  record.severity = severity_of(line);
  record.has_severity = true;
  record.raw = {raw_text(line), logging::ValueKind::kText};
  record.message = {line.text, logging::ValueKind::kText};
  if (!line.raw.empty() && line.raw.data() != line.text.data()) {
    record.origin = logging::TextOrigin::kParsed;
  }
  if (line.fields != nullptr) {
    record.fields = *line.fields;
  }
  return record;
}

}  // namespace

FormattedDestination::FormattedDestination(const logging::SinkConfig& config, std::string host,
                                           std::unique_ptr<Destination> inner)
    : format_(config.network.format.value_or(logging::SinkFormat::kRaw)),
      timestamp_(config.network.timestamp),
      host_(std::move(host)),
      inner_(std::move(inner)) {}

logging::RecordFormatter& FormattedDestination::formatter(std::string_view service) const {
  const auto known = formatters_.find(service);
  if (known != formatters_.end()) {
    return known->second;
  }
  const std::string name(service);
  return formatters_.emplace(name, make_record_formatter(format_, timestamp_, host_, name, {}))
      .first->second;
}

void FormattedDestination::encode(const Line& line, std::string& key, std::string& text) const {
  buffer_.truncate(0);
  formatter(line.service).append(record_of(line), buffer_);
  std::string_view formatted = buffer_.text();
  formatted.remove_suffix(formatted.ends_with('\n') ? 1 : 0);
  Line whole = line;
  whole.severity = severity_of(line);
  whole.text = formatted;
  whole.raw = {};
  whole.fields = nullptr;
  whole.is_formatted = true;
  inner_->encode(whole, key, text);
}

}  // namespace shippers
