#include "logging/pipeline/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace logging {

namespace {

base::Unexpected invalid(std::string message) {
  return base::fail(base::ErrorCode::kInvalid, std::move(message));
}

/// Lists the verbs that are there, by the names of the visit list.
class VerbCollector {
 public:
  template <typename T>
  void field(std::string_view name, T& member, std::string_view = {}) {
    all.push_back(std::string(name));
    if (member.has_value()) {
      given.push_back(name);
    }
  }
  std::vector<std::string> all;
  std::vector<std::string_view> given;
};

base::Result<Step> make_parse(const ParseConfig& config) {
  ParseStep step;
  if (config.format.empty() == config.regex.empty()) {
    return invalid("it needs a format or a regex");
  }
  if (!config.regex.empty()) {
    step.format = ParseFormat::kRegex;
    for (const std::string& pattern : config.regex.items) {
      TRY_ASSIGN(RegexParser parser, RegexParser::make(pattern));
      step.expressions.push_back(std::move(parser));
    }
    return Step(std::move(step));
  }
  const auto names = enum_names(ParseFormat{});
  const auto found = std::ranges::find(names, config.format);
  if (found == names.end()) {
    const std::vector<std::string> known(names.begin(), names.end());
    const auto near = base::nearest(config.format, known);
    return invalid(fmt::format("there is no format \"{}\" ({})", config.format,
                               near ? fmt::format("did you mean {}?", *near)
                                    : "there are json, logfmt, syslog and { regex = ... }"));
  }
  step.format = static_cast<ParseFormat>(found - names.begin());
  return Step(std::move(step));
}

base::Result<Step> make_multiline(const MultilineConfig& config) {
  constexpr std::uint64_t kBytesMin = 64;
  if (config.bytes.bytes < kBytesMin || config.bytes.bytes > RingLimits::kPieceBytesMax) {
    return invalid("bytes must be 64 to 64KiB");
  }
  if (config.timeout > base::seconds(1)) {
    return invalid("timeout is at most 1s: the lines wait in the ring for so long");
  }
  TRY_ASSIGN(MultilineRule rule, MultilineRule::make(config));
  return Step(MultilineStep{std::move(rule), 0});
}

base::Result<Step> make_match(const MatchConfig& config, bool keeps) {
  if (config.empty()) {
    return invalid("it says nothing to match");
  }
  TRY_ASSIGN(Match match, Match::make(config));
  return Step(MatchStep{std::move(match), keeps});
}

base::Result<Step> make_set(const std::map<std::string, std::string>& values,
                            std::string_view host) {
  SetStep step;
  for (const auto& [name, text] : values) {
    TRY_ASSIGN(ValueTemplate value, ValueTemplate::make(text, host));
    step.values.emplace_back(name, std::move(value));
  }
  return Step(std::move(step));
}

base::Result<Step> make_sample(double part) {
  if (!(part >= 0 && part <= 1)) {
    return invalid("it must be 0 to 1");
  }
  constexpr double kRange = 18'446'744'073'709'551'616.0;  // 2^64
  return Step(SampleStep{part >= 1 ? std::numeric_limits<std::uint64_t>::max()
                                   : static_cast<std::uint64_t>(part * kRange)});
}

base::Result<Step> make_limit(const LimitConfig& config) {
  if (!(config.rate > 0) || config.rate > 1e9) {
    return invalid("rate must be above 0, in records a second");
  }
  const double burst = config.burst ? *config.burst : std::max(1.0, std::ceil(config.rate));
  if (burst < 1) {
    return invalid("burst must be at least 1");
  }
  const bool by_level = std::ranges::find(config.per.items, "level") != config.per.items.end();
  return Step(LimitStep{RateLimit(config.rate, burst), config.per.items, by_level, 0});
}

base::Result<Step> make_dedupe(const DedupeConfig& config) {
  if (config.window.ns == 0) {
    return invalid("window must be above 0");
  }
  return Step(DedupeStep{Dedupe(config.window.ns), 0});
}

base::Result<Step> make_redact(const base::Regexes& what) {
  if (what.empty()) {
    return invalid("it names nothing to redact");
  }
  TRY_ASSIGN(Redactor redactor, Redactor::make(what.items));
  return Step(std::move(redactor));
}

}  // namespace

base::Result<std::string_view> verb_of(const StepConfig& config) {
  VerbCollector verbs;
  StepConfig copy = config;
  copy.visit(verbs);
  if (verbs.given.empty()) {
    return invalid(fmt::format("a step needs a verb: {}", fmt::join(verbs.all, ", ")));
  }
  if (verbs.given.size() > 1) {
    return invalid(fmt::format("a step has one verb, not {}; write a table for each",
                               fmt::join(verbs.given, " and ")));
  }
  return verbs.given.front();
}

base::Result<Step> make_step(const StepConfig& config, std::string_view host) {
  TRY(verb_of(config));
  if (config.parse) {
    return make_parse(*config.parse);
  }
  if (config.multiline) {
    return make_multiline(*config.multiline);
  }
  if (config.keep || config.drop) {
    return make_match(config.keep ? *config.keep : *config.drop, config.keep.has_value());
  }
  if (config.level) {
    return Step(LevelStep{*config.level == "text" ? "" : *config.level});
  }
  if (config.set) {
    return make_set(*config.set, host);
  }
  if (config.rename) {
    return Step(RenameStep{{config.rename->begin(), config.rename->end()}});
  }
  if (config.remove) {
    return Step(RemoveStep{config.remove->items});
  }
  if (config.redact) {
    return make_redact(*config.redact);
  }
  if (config.sample) {
    return make_sample(*config.sample);
  }
  return config.limit ? make_limit(*config.limit) : make_dedupe(*config.dedupe);
}

}  // namespace logging
