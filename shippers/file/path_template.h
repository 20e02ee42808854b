// Templates of file paths and console prefixes (base/text_template.h): {service} {stream}
// {instance} {host}, and in paths {date:%F} too (base/date_format.h, UTC).
//
// {service} is the full name, "web@2" for an instance, whose number alone is {instance} (1 for a
// service without instances). In a path a service's name is made safe: `/` and control bytes become
// `_`, and so does a leading dot, so that no name can climb out of the directory. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text_template.h"
#include "logging/handoff/ring_layout.h"

namespace shippers {

/// What a template is filled in with.
struct TemplateValues {
  std::string_view service;
  logging::Stream stream = logging::Stream::kStdout;
  std::string_view host;
  std::uint64_t realtime_ns = 0;
};

class PathTemplate {
 public:
  [[nodiscard]] static base::Result<PathTemplate> parse_path(std::string_view text);
  [[nodiscard]] static base::Result<PathTemplate> parse_text(std::string_view text);

  /// For a file's path: the values made safe.
  [[nodiscard]] std::string path(const TemplateValues& values) const;
  /// The same with base::kAnyDigit for each digit of a date: all dates have this shape.
  [[nodiscard]] std::string path_shape(const TemplateValues& values) const;
  /// For text that people read: the values as they are.
  [[nodiscard]] std::string text(const TemplateValues& values) const;

  [[nodiscard]] bool names_stream() const { return names("stream"); }
  [[nodiscard]] bool names_date() const { return names("date:"); }
  /// All dates of the template at that time: equal as long as no path changes.
  [[nodiscard]] std::string dates(std::uint64_t realtime_ns) const;

 private:
  [[nodiscard]] bool names(std::string_view name) const;
  std::vector<base::TemplatePart> parts_;
};

/// One path component that stays one.
[[nodiscard]] std::string safe_component(std::string_view name);

}  // namespace shippers
