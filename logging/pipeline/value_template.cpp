#include "logging/pipeline/value_template.h"

#include <fmt/format.h>

namespace logging {

void ValueTemplate::add_text(std::string_view text) {
  if (parts_.empty() || parts_.back().kind != Kind::kText) {
    parts_.push_back({});
  }
  parts_.back().text += text;
}

base::Result<ValueTemplate> ValueTemplate::make(std::string_view text, std::string_view host) {
  ValueTemplate made;
  made.add_text({});
  while (!text.empty()) {
    const std::size_t brace = text.find_first_of("{}");
    made.add_text(text.substr(0, brace));
    if (brace == std::string_view::npos) {
      break;
    }
    text.remove_prefix(brace);
    if (text.starts_with("{{") || text.starts_with("}}")) {
      made.add_text(text.substr(0, 1));
      text.remove_prefix(2);
      continue;
    }
    const std::size_t end = text.find('}');
    if (text.front() == '}' || end == std::string_view::npos) {
      return base::fail(base::ErrorCode::kInvalid,
                        "a brace has no partner; {{ and }} stand for braces");
    }
    const std::string_view name = text.substr(1, end - 1);
    if (name == "service" || name == "stream") {
      made.parts_.push_back({name == "service" ? Kind::kService : Kind::kStream, {}});
    } else if (name == "host") {
      made.add_text(host);
    } else {
      return base::fail(
          base::ErrorCode::kInvalid,
          fmt::format("there is no {{{}}} (there are {{service}}, {{stream}} and {{host}})", name));
    }
    text.remove_prefix(end + 1);
  }
  return made;
}

std::string_view ValueTemplate::expand(const Record& record, Arena& arena) const {
  if (parts_.size() == 1) {
    return parts_.front().text;
  }
  std::string_view text;
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Kind::kText:
        text = arena.join(text, part.text);
        break;
      case Kind::kService:
        text = arena.join(text, record.service);
        break;
      case Kind::kStream:
        text = arena.join(text, stream_name(record.stream));
        break;
    }
  }
  return text;
}

}  // namespace logging
