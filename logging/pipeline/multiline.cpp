#include "logging/pipeline/multiline.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace logging {

namespace {

constexpr std::string_view kTraceback = "Traceback (most recent call last):";

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_indented(std::string_view line) {
  return !line.empty() && is_blank(line.front());
}
bool is_empty(std::string_view line) {
  return line.empty() || line == "\r";
}

bool java_continues(std::string_view line) {
  return is_indented(line) || line.starts_with("Caused by: ") || line.starts_with("Suppressed: ");
}

bool chains_traceback(std::string_view line) {
  return is_empty(line) || line.starts_with(kTraceback) ||
         line.starts_with("During handling of the above exception") ||
         line.starts_with("The above exception was the direct cause");
}

/// Indented lines, then the exception's own line; another trace may be chained to it.
bool python_continues(std::string_view line, TraceState& state) {
  switch (state) {
    case TraceState::kLine:
      return is_indented(line);
    case TraceState::kTrace:
      state =
          is_indented(line) || chains_traceback(line) ? TraceState::kTrace : TraceState::kLastLine;
      return true;
    case TraceState::kLastLine:
      if (!chains_traceback(line)) {
        return false;
      }
      state = line.starts_with(kTraceback) ? TraceState::kTrace : TraceState::kLastLine;
      return true;
  }
  return false;
}

bool is_go_panic(std::string_view line) {
  return line.starts_with("panic: ") || line.starts_with("fatal error: ") ||
         line.starts_with("runtime: ");
}

/// `main.f(0x1, ...)` and `created by main.main`.
bool is_go_frame(std::string_view line) {
  const bool is_call = line.ends_with(")") && line.find('(') != std::string_view::npos &&
                       line.substr(0, line.find('(')).find(' ') == std::string_view::npos;
  return is_call || line.starts_with("created by ") || line.starts_with("goroutine ") ||
         line.starts_with("[signal ") || line.starts_with("exit status ") ||
         line.starts_with("...");
}

bool go_continues(std::string_view line, TraceState state) {
  if (state == TraceState::kLine) {
    return is_indented(line);
  }
  return is_empty(line) || is_indented(line) || is_go_panic(line) || is_go_frame(line);
}

bool node_continues(std::string_view line) {
  return is_indented(line) || line == "}" || line == "]" || line.starts_with("Caused by: ");
}

base::Result<MultilinePreset> parse_preset(const std::string& text) {
  const auto names = enum_names(MultilinePreset{});
  const auto found = std::ranges::find(names, text);
  if (found != names.end()) {
    return static_cast<MultilinePreset>(found - names.begin());
  }
  const std::vector<std::string> known(names.begin(), names.end());
  const auto near = base::nearest(text, known);
  return base::fail(base::ErrorCode::kInvalid,
                    fmt::format("there is no preset \"{}\" ({})", text,
                                near ? fmt::format("did you mean {}?", *near)
                                     : fmt::format("there are {}", fmt::join(known, ", "))));
}

}  // namespace

base::Result<MultilineRule> MultilineRule::make(const MultilineConfig& config) {
  const int given = (config.preset.empty() ? 0 : 1) + (config.start.empty() ? 0 : 1) +
                    (config.continues.empty() ? 0 : 1);
  if (given != 1) {
    return base::fail(base::ErrorCode::kInvalid, "it needs one of preset, start and continue");
  }
  MultilineRule rule;
  rule.timeout_ns_ = config.timeout.ns;
  rule.bytes_max_ = config.bytes.bytes;
  if (!config.preset.empty()) {
    TRY_ASSIGN(rule.preset_, parse_preset(config.preset));
    return rule;
  }
  rule.kind_ = config.start.empty() ? Kind::kContinue : Kind::kStart;
  for (const std::string& pattern :
       config.start.empty() ? config.continues.items : config.start.items) {
    TRY_ASSIGN(Regex regex, Regex::make(pattern));
    rule.expressions_.push_back(std::move(regex));
  }
  return rule;
}

bool MultilineRule::any_matches(std::string_view line) const {
  return std::ranges::any_of(expressions_, [line](const Regex& r) { return r.matches(line); });
}

TraceState MultilineRule::begin(std::string_view line) const {
  const bool is_trace =
      kind_ == Kind::kPreset &&
      ((preset_ == MultilinePreset::kPython && line.starts_with(kTraceback)) ||
       (preset_ == MultilinePreset::kGo && (is_go_panic(line) || line.starts_with("goroutine "))));
  return is_trace ? TraceState::kTrace : TraceState::kLine;
}

bool MultilineRule::continues(std::string_view line, TraceState& state) const {
  switch (kind_) {
    case Kind::kStart:
      return !any_matches(line);
    case Kind::kContinue:
      return any_matches(line);
    case Kind::kPreset:
      break;
  }
  switch (preset_) {
    case MultilinePreset::kJava:
      return java_continues(line);
    case MultilinePreset::kPython:
      return python_continues(line, state);
    case MultilinePreset::kGo:
      return go_continues(line, state);
    case MultilinePreset::kRuby:
      return is_indented(line);
    case MultilinePreset::kNode:
      return node_continues(line);
  }
  return false;
}

}  // namespace logging
