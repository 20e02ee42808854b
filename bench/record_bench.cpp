// What a record costs: bytes of input per CPU-second through a pipeline, on one core.
//
//     record_bench --benchmark_filter=Json     (Google Benchmark's options)
//
// Lines are made before; a run takes a frame of 256 KiB, as a sink does. Targets: JSON parse,
// redact and JSON out 400 MB a CPU-second, multiline 400, an expression over access log lines 150.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "logging/pipeline/record_run.h"

namespace logging {
namespace {

constexpr std::size_t kFrameBytes = 256 * 1024;

std::string json_lines() {
  std::string text;
  for (unsigned index = 0; text.size() < kFrameBytes; ++index) {
    const std::string number = std::to_string(index);
    text += R"({"ts":"2024-01-02T03:04:05.678Z","level":"info","msg":"request )" + number +
            R"( served","method":"GET","path":"/api/v1/items/)" + number +
            R"(","status":200,"duration_ms":12.5,"user":{"id":)" + number +
            R"(,"role":"admin"},"ok":true})" + "\n";
  }
  return text;
}

std::string java_lines() {
  std::string text;
  for (unsigned index = 0; text.size() < kFrameBytes; ++index) {
    text += "2024-01-02 03:04:05 ERROR cannot serve request " + std::to_string(index) +
            ": java.lang.IllegalStateException: no such item\n";
    for (int frame = 0; frame < 10; ++frame) {
      text += "\tat com.example.service.ItemController.handle(ItemController.java:123)\n";
    }
  }
  return text;
}

std::string access_lines() {
  std::string text;
  for (unsigned index = 0; text.size() < kFrameBytes; ++index) {
    text += "10.1.2." + std::to_string(index % 256) +
            " - - [02/Jan/2024:03:04:05 +0000] \"GET /api/v1/items/" + std::to_string(index) +
            " HTTP/1.1\" 200 1234 \"https://example.org/\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n";
  }
  return text;
}

FrameView frame_of(const std::string& text) {
  FrameView frame;
  frame.position = 0;
  frame.header.bytes = static_cast<std::uint32_t>(text.size());
  frame.header.time_ns = 1'704'164'645'000'000'000;
  frame.bytes = text;
  return frame;
}

void run_steps(benchmark::State& state, const std::string& text,
               const std::vector<StepConfig>& steps, RecordFormat format) {
  Pipeline pipeline(RecordSource{.service = "web", .fields = {}});
  PipelineConfig config;
  config.steps = steps;
  if (!pipeline.add(config, "host")) {
    state.SkipWithError("cannot make the pipeline");
    return;
  }
  RecordRun run(std::move(pipeline), RecordFormatter(format, "host"));
  const std::vector<FrameView> frames{frame_of(text)};
  std::size_t output = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(run.plan(frames, {}, {}, false, RecordRunLimits::kEndOfTimeNs));
    output = run.output().size();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.counters["out/in"] = static_cast<double>(output) / static_cast<double>(text.size());
}

StepConfig parse(const std::string& format) {
  StepConfig step;
  step.parse = ParseConfig{format, {}};
  return step;
}
StepConfig redact() {
  StepConfig step;
  step.redact = base::Regexes{{{"credit_card", "email", "bearer", "aws_key", "jwt"}, true}};
  return step;
}

void JsonParseRedactJson(benchmark::State& state) {
  run_steps(state, json_lines(), {parse("json"), redact()}, RecordFormat::kJson);
}
BENCHMARK(JsonParseRedactJson);

void JsonParseJson(benchmark::State& state) {
  run_steps(state, json_lines(), {parse("json")}, RecordFormat::kJson);
}
BENCHMARK(JsonParseJson);

void RedactText(benchmark::State& state) {
  run_steps(state, json_lines(), {redact()}, RecordFormat::kText);
}
BENCHMARK(RedactText);

void TextToJson(benchmark::State& state) {
  run_steps(state, access_lines(), {}, RecordFormat::kJson);
}
BENCHMARK(TextToJson);

void MultilineJava(benchmark::State& state) {
  StepConfig step;
  step.multiline = MultilineConfig{};
  step.multiline->preset = "java";
  run_steps(state, java_lines(), {step}, RecordFormat::kText);
}
BENCHMARK(MultilineJava);

void RegexNginx(benchmark::State& state) {
  StepConfig step;
  step.parse = ParseConfig{
      "",
      {{{R"re(^(?P<remote>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) [^"]*" (?P<status>\d+) (?P<bytes>\d+) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"$)re"},
        false}}};
  run_steps(state, access_lines(), {step}, RecordFormat::kJson);
}
BENCHMARK(RegexNginx);

}  // namespace
}  // namespace logging

BENCHMARK_MAIN();
