#include "shippers/file/path_template.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/date_format.h"
#include "logging/record.h"
#include "logging/sink_config.h"

namespace shippers {

namespace {

base::Result<std::vector<base::TemplatePart>> parse(std::string_view text,
                                                    std::span<const std::string_view> known) {
  auto parts = base::parse_template(text, known);
  if (!parts) {
    return base::fail(parts.error().code,
                      fmt::format("cannot use \"{}\": {}", text, parts.error().message));
  }
  return parts;
}

/// What one part becomes; `date` writes a date.
template <typename Date>
std::string fill(const std::vector<base::TemplatePart>& parts, const TemplateValues& values,
                 Date date) {
  std::string out;
  for (const base::TemplatePart& part : parts) {
    if (part.name.empty()) {
      out += part.text;
    } else if (part.name == "service") {
      out += values.service;
    } else if (part.name == "stream") {
      out += logging::stream_name(values.stream);
    } else if (part.name == "instance") {
      out += logging::instance_of(values.service);
    } else if (part.name == "host") {
      out += values.host;
    } else {
      out += date(part.text);
    }
  }
  return out;
}

}  // namespace

std::string safe_component(std::string_view name) {
  constexpr char kDelete = 0x7f;
  std::string safe(name.empty() ? "_" : name);
  for (char& c : safe) {
    const bool control = static_cast<unsigned char>(c) < ' ' || c == kDelete;
    c = c == '/' || control ? '_' : c;
  }
  if (safe.front() == '.') {
    safe.front() = '_';
  }
  return safe;
}

base::Result<PathTemplate> PathTemplate::parse_path(std::string_view text) {
  PathTemplate result;
  TRY_ASSIGN(result.parts_, parse(text, logging::kPathNames));
  return result;
}

base::Result<PathTemplate> PathTemplate::parse_text(std::string_view text) {
  PathTemplate result;
  TRY_ASSIGN(result.parts_, parse(text, logging::kTextNames));
  return result;
}

std::string PathTemplate::path(const TemplateValues& values) const {
  const std::string service = safe_component(values.service);
  const std::string host = safe_component(values.host);
  return text({.service = service,
               .stream = values.stream,
               .host = host,
               .realtime_ns = values.realtime_ns});
}

std::string PathTemplate::path_shape(const TemplateValues& values) const {
  const std::string service = safe_component(values.service);
  const std::string host = safe_component(values.host);
  return fill(parts_, {.service = service, .stream = values.stream, .host = host, .realtime_ns = 0},
              [](const std::string& format) { return base::date_shape(format); });
}

std::string PathTemplate::text(const TemplateValues& values) const {
  return fill(parts_, values, [&values](const std::string& format) {
    return base::format_date(format, values.realtime_ns);
  });
}

std::string PathTemplate::dates(std::uint64_t realtime_ns) const {
  std::string out;
  for (const base::TemplatePart& part : parts_) {
    if (part.name == "date:") {
      out += base::format_date(part.text, realtime_ns) + '\n';
    }
  }
  return out;
}

bool PathTemplate::names(std::string_view name) const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [name](const base::TemplatePart& part) { return part.name == name; });
}

}  // namespace shippers
