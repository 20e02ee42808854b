#include "logging/pipeline/pipeline_run.h"

#include <algorithm>

#include "logging/parse/logfmt.h"
#include "logging/parse/syslog.h"
#include "logging/pipeline/record_edit.h"
#include "logging/pipeline/well_known.h"

namespace logging {

namespace {

constexpr std::string_view kParseError = "parse_error";
constexpr ParseProblem kPiece = "the line is longer than 64KiB";

/// splitmix64: spreads line numbers evenly.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E37'79B9'7F4A'7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D0'49BB'1331'11EBU;
  return x ^ (x >> 31U);
}

std::uint64_t hash(std::uint64_t seed, std::string_view text) {
  for (const char c : text) {
    seed = (seed ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01B3U;
  }
  return mix(seed);
}

bool is_same_text(const Value& a, const Value& b) {
  return a.text.data() == b.text.data() && a.text.size() == b.text.size();
}

}  // namespace

PipelineRun::PipelineRun(const Pipeline& pipeline, RecordFormatter& formatter)
    : pipeline_(pipeline), formatter_(formatter), groups_(pipeline.groups()) {}

void PipelineRun::reset(Pipeline::State& state) {
  state_ = &state;
  arena_.reset();
  output_.truncate(0);
  dropped_ = {};
  for (auto& streams : groups_) {
    for (Group& group : streams) {
      group.open = false;
    }
  }
  open_groups_ = 0;
}

Record& PipelineRun::start_record() {
  FieldList fields = std::move(record_.fields);  // for its memory
  fields.clear();
  for (const auto& [name, text] : pipeline_.source().fields) {
    static_cast<void>(fields.set(name, {text, ValueKind::kText}));
  }
  record_ = Record{};
  record_.service = pipeline_.source().service;
  record_.fields = std::move(fields);
  return record_;
}

void PipelineRun::push() {
  run_from(record_, 0);
}

void PipelineRun::run_from(Record& record, std::size_t step) {
  const std::vector<Step>& steps = pipeline_.steps();
  for (std::size_t index = step; index < steps.size(); ++index) {
    if (apply(steps[index], record, index) != Fate::kPasses) {
      return;
    }
  }
  emit(record);
}

PipelineRun::Fate PipelineRun::apply(const Step& step, Record& record, std::size_t index) {
  struct Visitor {
    PipelineRun& run;
    Record& record;
    std::size_t index;

    Fate operator()(const ParseStep& parse) const { return run.apply_parse(parse, record); }
    Fate operator()(const MultilineStep& lines) const { return run.hold(lines, record, index); }
    Fate operator()(const MatchStep& match) const {
      if (match.match.needs_severity()) {
        run.know_severity(record);
      }
      return match.match.matches(record) == match.keeps ? Fate::kPasses
                                                        : run.drop(record, DropReason::kFiltered);
    }
    Fate operator()(const LevelStep& level) const { return run.apply_level(level, record); }
    Fate operator()(const SetStep& set) const {
      for (const auto& [name, value] : set.values) {
        set_part(record, name, {value.expand(record, run.arena_), ValueKind::kText});
      }
      return Fate::kPasses;
    }
    Fate operator()(const RenameStep& rename) const {
      for (const auto& [from, to] : rename.names) {
        rename_part(record, from, to);
      }
      return Fate::kPasses;
    }
    Fate operator()(const RemoveStep& remove) const {
      for (const std::string& name : remove.names) {
        remove_part(record, name);
      }
      return Fate::kPasses;
    }
    Fate operator()(const Redactor& redactor) const {
      redactor.apply(record, run.arena_);
      return Fate::kPasses;
    }
    Fate operator()(const SampleStep& sample) const {
      return mix(record.line) <= sample.below && sample.below > 0
                 ? Fate::kPasses
                 : run.drop(record, DropReason::kSampled);
    }
    Fate operator()(const LimitStep& limit) const { return run.apply_limit(limit, record); }
    Fate operator()(const DedupeStep& dedupe) const {
      return run.apply_dedupe(dedupe, record, index);
    }
  };
  return std::visit(Visitor{*this, record, index}, step);
}

PipelineRun::Fate PipelineRun::drop(const Record& record, DropReason reason) {
  dropped_[static_cast<std::size_t>(reason)] += record.lines;
  return Fate::kDropped;
}

// --- parse --------------------------------------------------------------------------------------

ParseProblem PipelineRun::parse(const ParseStep& step, Record& record) {
  const std::string_view text = record.message.text;
  switch (step.format) {
    case ParseFormat::kJson:
      return json_.parse(text, arena_, parsed_);
    case ParseFormat::kLogfmt:
      return parse_logfmt(text, arena_, parsed_);
    case ParseFormat::kSyslog: {
      SyslogMessage message;
      const ParseProblem problem = parse_syslog(text, record.read_ns, arena_, message, parsed_);
      if (problem.empty()) {
        record.severity = message.severity;
        record.has_severity = true;
        record.time_ns = message.time_ns.value_or(record.time_ns);
        record.message = {message.text, ValueKind::kText};
      }
      return problem;
    }
    case ParseFormat::kRegex: {
      ParseProblem problem;
      for (const RegexParser& expression : step.expressions) {
        problem = expression.parse(text, parsed_);
        if (problem.empty()) {
          break;
        }
      }
      return problem;
    }
  }
  return {};
}

/// What cannot be parsed goes on as it is, and says why.
PipelineRun::Fate PipelineRun::apply_parse(const ParseStep& step, Record& record) {
  const ParseProblem problem = record.is_piece ? kPiece : parse(step, record);
  if (!problem.empty()) {
    static_cast<void>(record.fields.set(kParseError, {problem, ValueKind::kPlain}, true));
    return Fate::kPasses;
  }
  if (step.format == ParseFormat::kJson || step.format == ParseFormat::kLogfmt) {
    const bool of_line = is_same_text(record.message, record.raw);
    record.origin =
        step.format == ParseFormat::kJson && of_line ? TextOrigin::kJson : TextOrigin::kParsed;
    record.message = {};
  } else {
    record.origin = TextOrigin::kParsed;
  }
  if (record.fields.empty()) {
    std::swap(record.fields, parsed_);
  } else {
    for (const Field& field : parsed_) {
      static_cast<void>(record.fields.set(field.name, field.value, field.plain_name));
    }
  }
  take_well_known(record);
  return Fate::kPasses;
}

// --- level, limit, dedupe -----------------------------------------------------------------------

void PipelineRun::know_severity(Record& record) const {
  if (record.has_severity) {
    return;
  }
  const Severity otherwise =
      record.stream == Stream::kStderr ? pipeline_.source().stderr_severity : Severity::kInfo;
  const std::string_view text =
      record.origin == TextOrigin::kLine ? record.raw.text : record.message.text;
  record.severity = find_severity(text).value_or(otherwise);
  record.has_severity = true;
}

PipelineRun::Fate PipelineRun::apply_level(const LevelStep& step, Record& record) {
  std::optional<Severity> found;
  if (step.field.empty()) {
    found = find_severity(record.message.text);
  } else if (const Field* field = record.fields.find(step.field)) {
    found = parse_severity(field->value.text);
  }
  if (found) {
    record.severity = *found;
    record.has_severity = true;
  }
  return Fate::kPasses;
}

PipelineRun::Fate PipelineRun::apply_limit(const LimitStep& step, Record& record) {
  if (step.needs_severity) {
    know_severity(record);
  }
  std::uint64_t key = 0;
  for (const std::string& name : step.per) {
    key = hash(key + 1, find_part(record, name));
  }
  auto& limit = std::get<RateLimit>((*state_)[step.state]);
  return limit.take(key, record.read_ns) ? Fate::kPasses : drop(record, DropReason::kRateLimited);
}

PipelineRun::Fate PipelineRun::apply_dedupe(const DedupeStep& step, Record& record,
                                            std::size_t index) {
  know_severity(record);
  Dedupe::Summary before;
  if (!std::get<Dedupe>((*state_)[step.state]).passes(record, before)) {
    return drop(record, DropReason::kDeduped);
  }
  if (before.repeated > 0) {
    Record summary;
    summary.service = record.service;
    summary.stream = record.stream;
    summary.incarnation = record.incarnation;
    summary.time_ns = before.last_ns;
    summary.read_ns = record.read_ns;
    summary.position = record.position;
    summary.line = record.line;
    summary.lines = 0;
    summary.severity = before.severity;
    summary.has_severity = true;
    const std::string text = "repeated " + std::to_string(before.repeated) + " times: ";
    summary.raw = {arena_.join(text, before.message), ValueKind::kText};
    summary.message = summary.raw;
    run_from(summary, index + 1);
  }
  return Fate::kPasses;
}

void PipelineRun::emit(Record& record) {
  know_severity(record);
  formatter_.append(record, output_);
}

}  // namespace logging
