#include "logging/pipeline/pipeline.h"

#include <fmt/format.h>

#include <algorithm>

namespace logging {

namespace {

RecordSource source_of(const RouterConfig& config, const std::string& service) {
  RecordSource source;
  source.service = service;
  const auto known = std::ranges::find(config.services, service, &ServiceRecordConfig::service);
  if (known != config.services.end()) {
    source.fields.assign(known->fields.begin(), known->fields.end());
    source.stderr_severity = parse_severity(known->stderr_level).value_or(source.stderr_severity);
  }
  return source;
}

base::Result<void> add_all(Pipeline& pipeline, const RouterConfig& config,
                           const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto found = config.pipelines.find(name);
    if (found == config.pipelines.end()) {
      return base::fail(base::ErrorCode::kInvalid, fmt::format("there is no pipeline {}", name));
    }
    if (const auto added = pipeline.add(found->second, config.host); !added) {
      return base::with_context("pipeline " + name, added.error());
    }
  }
  return {};
}

}  // namespace

void Pipeline::add_step(Step step) {
  if (auto* multiline = std::get_if<MultilineStep>(&step)) {
    multiline->group = groups_++;
  } else if (auto* limit = std::get_if<LimitStep>(&step)) {
    limit->state = states_.size();
    states_.emplace_back(limit->limit);
  } else if (auto* dedupe = std::get_if<DedupeStep>(&step)) {
    dedupe->state = states_.size();
    states_.emplace_back(dedupe->dedupe);
  }
  steps_.push_back(std::move(step));
}

base::Result<void> Pipeline::add(const PipelineConfig& config, std::string_view host) {
  for (std::size_t index = 0; index < config.steps.size(); ++index) {
    auto step = make_step(config.steps[index], host);
    if (!step) {
      return base::with_context(fmt::format("steps[{}]", index), step.error());
    }
    add_step(*std::move(step));
  }
  return {};
}

base::Result<void> Pipeline::add_match(const MatchConfig& config) {
  if (config.empty()) {
    return {};
  }
  TRY_ASSIGN(Match match, Match::make(config));
  add_step(MatchStep{std::move(match), true});
  return {};
}

base::Result<Pipeline> make_pipeline(const RouterConfig& config, const SinkConfig& sink,
                                     const std::string& service) {
  Pipeline pipeline(source_of(config, service));
  const auto known = std::ranges::find(config.services, service, &ServiceRecordConfig::service);
  if (known != config.services.end()) {
    TRY(add_all(pipeline, config, known->pipelines));
  }
  if (const auto matched = pipeline.add_match(sink.match); !matched) {
    return base::with_context("match", matched.error());
  }
  TRY(add_all(pipeline, config, sink.pipeline.items));
  return pipeline;
}

Severity stderr_severity_of(const RouterConfig& config, const std::string& service) {
  return source_of(config, service).stderr_severity;
}

}  // namespace logging
