// The explicit list of steps: what each verb of [pipeline.NAME] is when it is compiled.
//
// A step looks at a record, changes it or refuses it. Those that remember something between records
// (limit, dedupe) keep it in a PipelineState, a value, so that a run can be done again; multiline
// keeps its open groups in the PipelineRun. Const after make_step().
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "logging/parse/json_fields.h"
#include "logging/parse/regex_fields.h"
#include "logging/pipeline/dedupe.h"
#include "logging/pipeline/match.h"
#include "logging/pipeline/multiline.h"
#include "logging/pipeline/rate_limit.h"
#include "logging/pipeline/redact.h"
#include "logging/pipeline/value_template.h"
#include "logging/pipeline_config.h"

namespace logging {

enum class ParseFormat : std::uint8_t { kJson, kLogfmt, kSyslog, kRegex };
[[nodiscard]] constexpr auto enum_names(ParseFormat) {
  return std::array<std::string_view, 3>{"json", "logfmt", "syslog"};  // kRegex is no name
}

struct ParseStep {
  ParseFormat format = ParseFormat::kJson;
  std::vector<RegexParser> expressions;  // the first that matches
};
struct MultilineStep {
  MultilineRule rule;
  std::size_t group = 0;  // index of its groups in the run
};
struct MatchStep {
  Match match;
  bool keeps = true;  // else what matches is dropped
};
struct LevelStep {
  std::string field;  // empty: the text
};
struct SetStep {
  std::vector<std::pair<std::string, ValueTemplate>> values;
};
struct RenameStep {
  std::vector<std::pair<std::string, std::string>> names;
};
struct RemoveStep {
  std::vector<std::string> names;
};
struct SampleStep {
  std::uint64_t below = 0;  // of a hash of 64 bits: passes
};
struct LimitStep {
  RateLimit limit;
  std::vector<std::string> per;
  bool needs_severity = false;
  std::size_t state = 0;  // index in PipelineState
};
struct DedupeStep {
  Dedupe dedupe;
  std::size_t state = 0;
};

using Step = std::variant<ParseStep, MultilineStep, MatchStep, LevelStep, SetStep, RenameStep,
                          RemoveStep, Redactor, SampleStep, LimitStep, DedupeStep>;

/// The verb that `config` has. kInvalid: none, or more than one.
[[nodiscard]] base::Result<std::string_view> verb_of(const StepConfig& config);

/// `host` is for templates. kInvalid says what is wrong with the verb's value.
[[nodiscard]] base::Result<Step> make_step(const StepConfig& config, std::string_view host);

}  // namespace logging
