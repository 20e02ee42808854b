#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "logging/pipeline/regex.h"
#include "logging/pipeline/steps.h"
#include "supervisor/config/node.h"
#include "supervisor/config/validate.h"

namespace supervisor {
namespace {

constexpr std::string_view kNoHost;  // a template is judged, not filled

/// A step is compiled as the router will do it: that is the check.
void validate_step(const Judge& judge, const logging::StepConfig& config, const std::string& path) {
  const auto verb = logging::verb_of(config);
  if (!verb) {
    judge.refuse(path, "use", verb.error().message);
    return;
  }
  if (const auto step = logging::make_step(config, kNoHost); !step) {
    judge.refuse(fmt::format("{}.{}", path, *verb), "use", step.error().message);
  }
}

void validate_pipeline_name(const Judge& judge, const std::string& name, const std::string& path) {
  if (judge.config().pipelines.contains(name)) {
    return;
  }
  if (const Origin* removed = judge.removed_at(join_key("pipeline", name))) {
    judge.refuse(
        path, "use",
        fmt::format("the pipeline \"{}\" was removed in {}", name, format_origin(*removed)));
    return;
  }
  std::vector<std::string> names;
  for (const auto& [known, pipeline] : judge.config().pipelines) {
    names.push_back(known);
  }
  const auto near = base::nearest(name, names);
  judge.refuse(path, "use",
               fmt::format("there is no pipeline \"{}\"{}", name,
                           near ? fmt::format(" (did you mean {}?)", *near) : ""));
}

}  // namespace

void validate_regexes(const Judge& judge, const base::Regexes& regexes, const std::string& path) {
  for (const std::string& pattern : regexes.items) {
    const auto regex = logging::Regex::make(pattern);
    judge.require(regex.has_value(), path, regex ? "" : regex.error().message);
  }
}

void validate_pipeline(const Judge& judge, const logging::PipelineConfig& pipeline,
                       const std::string& path) {
  judge.require(pipeline.steps.size() <= logging::PipelineLimits::kSteps, path + ".steps",
                fmt::format("it has {} steps, {} is the most", pipeline.steps.size(),
                            logging::PipelineLimits::kSteps));
  for (std::size_t index = 0; index < pipeline.steps.size(); ++index) {
    const std::string step = fmt::format("{}.steps[{}]", path, index);
    if (judge.readable(step)) {
      validate_step(judge, pipeline.steps[index], step);
    }
  }
  const auto lines = std::ranges::count_if(
      pipeline.steps, [](const logging::StepConfig& step) { return step.multiline.has_value(); });
  judge.require(lines <= 1, path + ".steps", "it has two multiline steps; the first decides");
}

void validate_pipeline_names(const Judge& judge, const base::OneOrSeveral& names,
                             const std::string& path) {
  judge.require(names.items.size() <= logging::PipelineLimits::kPipelinesOfOne, path,
                fmt::format("it names {} pipelines, {} is the most", names.items.size(),
                            logging::PipelineLimits::kPipelinesOfOne));
  for (std::size_t index = 0; index < names.items.size(); ++index) {
    validate_pipeline_name(judge, names.items[index],
                           names.is_list ? fmt::format("{}[{}]", path, index) : path);
  }
}

void validate_match(const Judge& judge, const logging::MatchConfig& match,
                    const std::string& path) {
  if (const auto compiled = logging::Match::make(match); !compiled) {
    judge.refuse(path, "use", compiled.error().message);
  }
}

void validate_level_name(const Judge& judge, const std::string& name, const std::string& path) {
  const auto levels = logging::parse_levels({.items = {name}, .is_list = true});
  judge.require(levels.has_value(), path, levels ? "" : levels.error().message);
}

void validate_test(const Judge& judge, const TestConfig& test, const std::string& path) {
  judge.require(test.pipeline.empty() != test.service.empty(), path,
                "it needs a pipeline or a service");
  validate_pipeline_names(judge, test.pipeline, path + ".pipeline");
  judge.require(test.service.empty() || judge.config().services.contains(test.service),
                path + ".service", fmt::format("there is no service \"{}\"", test.service));
  judge.require(test.stream == "stdout" || test.stream == "stderr", path + ".stream",
                "it must be stdout or stderr");
  judge.require(!test.input.empty(), path, "it needs input, an array of lines");
}

}  // namespace supervisor
