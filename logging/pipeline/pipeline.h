// A pipeline: the steps that a sink's lines of one service go through, and one run of it.
//
// The order of a record: its service's pipelines, the sink's match, the sink's pipelines, the
// format; all of it is one list of steps here, compiled once for each sink and service.
//
// **Runs.** A run takes lines and gives formatted bytes; groups of lines are ended at its end. So
// the same lines always make the same bytes, unless a step remembers earlier runs (is_stateful()):
// what a dead router left half written can be made again. Where a run ends is chosen so that no
// group is torn (record_run.h). Time is that of the records: a limit or a window knows no clock.
// Threads: one owner. Lifetime: records view the lines and the run's arena.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "logging/format/record_format.h"
#include "logging/pipeline/steps.h"
#include "logging/sink_config.h"

namespace logging {

/// What is known of a service's lines beside the lines.
struct RecordSource {
  std::string service;
  std::vector<std::pair<std::string, std::string>> fields;  // set on every record
  Severity stderr_severity = Severity::kError;              // of a line that says nothing itself
};

class Pipeline {
 public:
  Pipeline() = default;
  explicit Pipeline(RecordSource source) : source_(std::move(source)) {}

  /// kInvalid says which step is wrong.
  [[nodiscard]] base::Result<void> add(const PipelineConfig& config, std::string_view host);
  [[nodiscard]] base::Result<void> add_match(const MatchConfig& config);

  [[nodiscard]] const RecordSource& source() const { return source_; }
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] std::size_t groups() const { return groups_; }
  [[nodiscard]] bool is_stateful() const { return !states_.empty(); }
  [[nodiscard]] bool is_multiline() const { return groups_ > 0; }

  /// What steps remember from one run to the next; a value.
  using State = std::vector<std::variant<RateLimit, Dedupe>>;
  [[nodiscard]] State make_state() const { return states_; }

 private:
  void add_step(Step step);

  RecordSource source_;
  std::vector<Step> steps_;
  State states_;
  std::size_t groups_ = 0;  // multiline steps
};

/// The pipeline of one service's lines on their way to one sink. `host` is RouterConfig::host.
[[nodiscard]] base::Result<Pipeline> make_pipeline(const RouterConfig& config,
                                                   const SinkConfig& sink,
                                                   const std::string& service);

/// Level of a line on stderr that says none.
[[nodiscard]] Severity stderr_severity_of(const RouterConfig& config, const std::string& service);

}  // namespace logging
