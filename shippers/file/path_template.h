// Templates of {service} {stream} {host}, used for file paths and console prefixes.
//
// `{{` is a brace, a lone `}` is itself, `}}` too; any other name in braces is an error. In a path
// a service's name is made safe: `/` and control bytes become `_`, and so does a leading dot, so
// that no name can climb out of the directory. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logging/handoff/ring_layout.h"

namespace shippers {

class PathTemplate {
 public:
  [[nodiscard]] static base::Result<PathTemplate> parse(std::string_view text);

  /// For a file's path: the values made safe.
  [[nodiscard]] std::string path(std::string_view service, logging::Stream stream,
                                 std::string_view host) const;
  /// For text that people read: the values as they are.
  [[nodiscard]] std::string text(std::string_view service, logging::Stream stream,
                                 std::string_view host) const;

  [[nodiscard]] bool names_stream() const;

 private:
  enum class Kind { kLiteral, kService, kStream, kHost };
  struct Part {
    Kind kind = Kind::kLiteral;
    std::string literal;
  };
  std::vector<Part> parts_;
};

/// One path component that stays one.
[[nodiscard]] std::string safe_component(std::string_view name);

[[nodiscard]] std::string_view stream_name(logging::Stream stream);

}  // namespace shippers
