#include "supervisor/config/test_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/clock.h"
#include "base/text.h"
#include "logging/pipeline/pipeline_run.h"
#include "supervisor/config/instances.h"
#include "supervisor/config/routes.h"

namespace supervisor {
namespace {

/// Of several instances the first stands for all.
std::string first_of(const Config& config, const std::string& service) {
  return config.services.contains(service) ? service : instance_name(service, 1);
}

using logging::Pipeline;

/// A record as `birl test` compares it: by the names that JSON output has.
using RecordTable = std::map<std::string, std::string>;

constexpr std::uint64_t kTestTimeNs = 1'704'164'645 * base::kNsPerSecond;  // 2024-01-02T03:04:05Z

/// JSON output, read back.
std::vector<RecordTable> read_records(std::string_view output) {
  std::vector<RecordTable> records;
  logging::JsonParser parser;
  logging::Arena arena;
  logging::FieldList fields;
  for (const std::string_view line : base::split(output, '\n')) {
    if (line.empty() || !parser.parse(line, arena, fields).empty()) {
      continue;
    }
    RecordTable& record = records.emplace_back();
    for (const logging::Field& field : fields) {
      record.emplace(field.name, field.value.text);
    }
  }
  return records;
}

struct LineRun {
  std::string output;
  logging::DropCounts dropped{};
};

LineRun run_lines(const Pipeline& pipeline, logging::RecordFormat format, const std::string& host,
                  const std::vector<std::string>& lines, logging::Stream stream) {
  logging::RecordFormatter formatter(format, host);
  logging::PipelineRun run(pipeline, formatter);
  Pipeline::State state = pipeline.make_state();
  run.reset(state);
  std::uint64_t position = 0;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    logging::Record& record = run.start_record();
    record.stream = stream;
    record.time_ns = kTestTimeNs;
    record.read_ns = kTestTimeNs;
    record.position = position;
    record.line = index;
    record.raw = {lines[index], logging::ValueKind::kText};
    record.message = record.raw;
    run.push();
    position += lines[index].size() + 1;
  }
  run.flush();
  return {std::string(run.output().text()), run.dropped()};
}

base::Result<Pipeline> pipeline_of(const Config& config, const TestConfig& test) {
  const logging::RouterConfig router = router_config(config, "");
  logging::SinkConfig sink;
  sink.pipeline = test.pipeline;
  return logging::make_pipeline(router, sink, first_of(config, test.service));
}

std::string compare(const RecordTable& record, const std::map<std::string, ScalarText>& expected) {
  std::string differences;
  for (const auto& [key, value] : expected) {
    const auto found = record.find(key);
    if (found == record.end()) {
      differences += fmt::format("\n    {}: expected \"{}\", it is not there", key, value.text);
    } else if (found->second != value.text) {
      differences +=
          fmt::format("\n    {}: expected \"{}\", got \"{}\"", key, value.text, found->second);
    }
  }
  return differences;
}

std::string run_test(const Config& config, const TestConfig& test) {
  const auto pipeline = pipeline_of(config, test);
  if (!pipeline) {
    return pipeline.error().message;
  }
  const logging::Stream stream =
      test.stream == "stderr" ? logging::Stream::kStderr : logging::Stream::kStdout;
  const LineRun run = run_lines(*pipeline, logging::RecordFormat::kJson,
                                router_config(config, "").host, test.input, stream);
  const std::vector<RecordTable> records = read_records(run.output);
  std::string failure;
  for (std::size_t index = 0; index < std::min(records.size(), test.expect.size()); ++index) {
    if (const std::string differences = compare(records[index], test.expect[index]);
        !differences.empty()) {
      failure += fmt::format("\n  record {}:{}", index + 1, differences);
    }
  }
  if (records.size() != test.expect.size()) {
    failure += fmt::format("\n  expected {} records, got {}:\n{}", test.expect.size(),
                           records.size(), run.output);
  }
  return failure;
}

/// "dropped (filtered)", "a record", ...
std::string describe(const LineRun& run) {
  for (std::size_t reason = 0; reason < run.dropped.size(); ++reason) {
    if (run.dropped[reason] > 0) {
      return fmt::format("dropped ({})\n", logging::kDropReasonNames[reason]);
    }
  }
  return run.output;
}

}  // namespace

std::vector<TestOutcome> run_tests(const Config& config) {
  std::vector<TestOutcome> outcomes;
  for (const TestConfig& test : config.tests) {
    outcomes.push_back({test.name.empty() ? fmt::format("test {}", outcomes.size() + 1) : test.name,
                        run_test(config, test)});
  }
  return outcomes;
}

base::Result<std::string> trace_line(const Config& config, const std::string& service,
                                     std::string_view text) {
  const auto known = config.services.find(first_of(config, service));
  if (known == config.services.end()) {
    return base::fail(base::ErrorCode::kNotFound, fmt::format("there is no service {}", service));
  }
  const logging::RouterConfig router = router_config(config, "");
  const std::vector<std::string> lines{std::string(text)};
  const auto trace = [&](const logging::SinkConfig& sink) -> base::Result<std::string> {
    TRY_ASSIGN(const Pipeline pipeline, logging::make_pipeline(router, sink, known->first));
    return describe(run_lines(pipeline, logging::RecordFormat::kJson, router.host, lines,
                              logging::Stream::kStdout));
  };
  TRY_ASSIGN(const std::string record, trace({}));
  std::string out = "record: " + record;
  for (const std::string& name : sinks_of(known->second, config)) {
    const auto sink = config.sinks.find(name);
    if (sink != config.sinks.end()) {
      TRY_ASSIGN(const std::string delivered, trace(sink->second));
      out += fmt::format("{}: {}", name, delivered);
    }
  }
  return out;
}

}  // namespace supervisor
