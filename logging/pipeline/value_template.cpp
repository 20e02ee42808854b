#include "logging/pipeline/value_template.h"

#include "logging/sink_config.h"

namespace logging {

namespace {

std::string_view text_of(const base::TemplatePart& part, const Record& record) {
  if (part.name == "service") {
    return record.service;
  }
  if (part.name == "stream") {
    return stream_name(record.stream);
  }
  return part.name == "instance" ? instance_of(record.service) : std::string_view(part.text);
}

}  // namespace

base::Result<ValueTemplate> ValueTemplate::make(std::string_view text, std::string_view host) {
  ValueTemplate made;
  TRY_ASSIGN(made.parts_, base::parse_template(text, kTextNames));
  for (base::TemplatePart& part : made.parts_) {
    if (part.name == "host") {
      part = {.name = {}, .text = std::string(host)};
    }
  }
  return made;
}

std::string_view ValueTemplate::expand(const Record& record, Arena& arena) const {
  if (parts_.empty()) {
    return {};
  }
  std::string_view text = text_of(parts_.front(), record);
  for (std::size_t index = 1; index < parts_.size(); ++index) {
    text = arena.join(text, text_of(parts_[index], record));
  }
  return text;
}

}  // namespace logging
