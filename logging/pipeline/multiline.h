// Which lines belong to the one before: stack traces, mostly.
//
// A rule looks at a line and at what it remembers of the group that is open, and says whether the
// line goes on with it. Presets know the traces of java, python, go, ruby and node; otherwise
// `start` or `continue` say it. Pure; const after make().
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logging/pipeline/regex.h"
#include "logging/pipeline_config.h"

namespace logging {

enum class MultilinePreset : std::uint8_t { kJava, kPython, kGo, kRuby, kNode };
[[nodiscard]] constexpr auto enum_names(MultilinePreset) {
  return std::array<std::string_view, 5>{"java", "python", "go", "ruby", "node"};
}

/// Where in a trace the open group is.
enum class TraceState : std::uint8_t {
  kLine,      // an ordinary line so far
  kTrace,     // within a trace
  kLastLine,  // the trace has had its last line; only another one may be chained to it
};

class MultilineRule {
 public:
  /// kInvalid: not exactly one of preset, start, continue; an unknown preset; a wrong expression.
  [[nodiscard]] static base::Result<MultilineRule> make(const MultilineConfig& config);

  /// What a line that begins a group makes of it.
  [[nodiscard]] TraceState begin(std::string_view line) const;

  /// True: `line` belongs to the group, whose `state` moves on.
  [[nodiscard]] bool continues(std::string_view line, TraceState& state) const;

  [[nodiscard]] std::uint64_t timeout_ns() const { return timeout_ns_; }
  [[nodiscard]] std::uint64_t bytes_max() const { return bytes_max_; }

 private:
  enum class Kind : std::uint8_t { kPreset, kStart, kContinue };

  [[nodiscard]] bool any_matches(std::string_view line) const;

  Kind kind_ = Kind::kPreset;
  MultilinePreset preset_ = MultilinePreset::kJava;
  std::vector<Regex> expressions_;
  std::uint64_t timeout_ns_ = 0;
  std::uint64_t bytes_max_ = 0;
};

}  // namespace logging
