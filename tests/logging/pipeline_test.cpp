// Lines in, records out: every step, by itself and with others. Also of logging/pipeline/steps.h,
// logging/pipeline/match.h, logging/pipeline/multiline.h, logging/pipeline/rate_limit.h,
// logging/pipeline/dedupe.h, logging/pipeline/well_known.h, logging/pipeline/record_edit.h,
// logging/pipeline/value_template.h, logging/pipeline/regex.h,
// logging/pipeline/pipeline_groups.cpp, logging/pipeline_config.h, base/name_patterns.h,
// base/one_or_several.h.
#include "logging/pipeline/pipeline.h"

#include "base/clock.h"
#include "logging/pipeline/pipeline_run.h"

namespace logging {
namespace {

constexpr std::uint64_t kTime = 1'704'164'645 * base::kNsPerSecond;  // 2024-01-02T03:04:05Z

struct Line {
  std::string text;
  Stream stream = Stream::kStdout;
  std::uint64_t after_ms = 0;
};

using Texts = std::map<std::string, std::string>;

class PipelineTest : public testing::Test {
 protected:
  StepConfig& step() { return config_.steps.emplace_back(); }

  std::string run(const std::vector<Line>& lines, RecordFormat format = RecordFormat::kJson) {
    Pipeline pipeline(source_);
    const auto added = pipeline.add(config_, "h");
    if (!added) {
      return added.error().message;
    }
    RecordFormatter formatter(format, "h");
    PipelineRun run(pipeline, formatter);
    Pipeline::State state = pipeline.make_state();
    run.reset(state);
    std::uint64_t position = 0;
    std::uint64_t now_ns = kTime;
    for (const Line& line : lines) {
      now_ns += line.after_ms * base::kNsPerMs;
      Record& record = run.start_record();
      record.stream = line.stream;
      record.time_ns = record.read_ns = now_ns;
      record.position = position;
      record.line = position;
      record.raw = {line.text, ValueKind::kText};
      record.message = record.raw;
      run.push();
      position += line.text.size() + 1;
    }
    run.flush();
    dropped_ = run.dropped();
    return shorten(std::string(run.output().text()));
  }

  std::string run(const std::string& line) { return run(std::vector<Line>{{line}}); }

  [[nodiscard]] std::uint64_t dropped(DropReason reason) const {
    return dropped_[static_cast<std::size_t>(reason)];
  }

  RecordSource source_{.service = "web", .fields = {}, .stderr_severity = Severity::kError};
  PipelineConfig config_;
  DropCounts dropped_{};

 private:
  /// Without what is the same in every record.
  static std::string shorten(std::string text) {
    for (const std::string part :
         {"\"time\":\"2024-01-02T03:04:05.000000000Z\",", ",\"service\":\"web\"",
          ",\"stream\":\"stdout\"", ",\"host\":\"h\""}) {
      for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part)) {
        text.erase(at, part.size());
      }
    }
    return text;
  }
};

TEST_F(PipelineTest, WithoutStepsALineIsItsMessage) {
  EXPECT_EQ(run("hello"), "{\"level\":\"info\",\"message\":\"hello\"}\n");
  EXPECT_EQ(run({{"x", Stream::kStderr}}),
            "{\"level\":\"error\",\"stream\":\"stderr\",\"message\":\"x\"}\n");
  EXPECT_EQ(run("WARN x"), "{\"level\":\"warn\",\"message\":\"WARN x\"}\n");
}

TEST_F(PipelineTest, ParseJsonTakesMessageTimeAndLevel) {
  step().parse = ParseConfig{"json", {}};
  EXPECT_EQ(run(R"({"ts":1704164646.5,"level":"warning","msg":"hi","user":7})"),
            "{\"time\":\"2024-01-02T03:04:06.500000000Z\",\"level\":\"warn\",\"message\":\"hi\","
            "\"user\":7}\n");
  EXPECT_EQ(run(R"({"time":"soon","level":{"a":1},"message":5,"log":"x\n"})"),
            R"({"service":"web","time":"soon","level":{"a":1},"message":5})"
            "\n");
}

TEST_F(PipelineTest, ABadRecordGoesOnAndSaysWhy) {
  step().parse = ParseConfig{"json", {}};
  EXPECT_EQ(run("{no json}"),
            "{\"level\":\"info\",\"message\":\"{no json}\",\"parse_error\":\"json: it is "
            "malformed\"}\n");
}

TEST_F(PipelineTest, ParsesLogfmtSyslogAndExpressions) {
  step().parse = ParseConfig{"logfmt", {}};
  EXPECT_EQ(run("level=debug msg=\"a b\" n=1"),
            "{\"level\":\"debug\",\"message\":\"a b\",\"n\":1}\n");
  config_.steps[0].parse = ParseConfig{"syslog", {}};
  EXPECT_EQ(run("<11>app[7]: text"),
            "{\"level\":\"error\",\"message\":\"text\",\"facility\":\"user\",\"app\":\"app\","
            "\"pid\":\"7\"}\n");
  config_.steps[0].parse =
      ParseConfig{"", {{{"^(?P<verb>GET|PUT) ", "^(?P<level>\\w+): (?P<message>.*)"}, true}}};
  EXPECT_EQ(run("PUT /x"), "{\"level\":\"info\",\"message\":\"PUT /x\",\"verb\":\"PUT\"}\n");
  EXPECT_EQ(run("warn: late"), "{\"level\":\"warn\",\"message\":\"late\"}\n");
}

TEST_F(PipelineTest, FieldsOfTheServiceComeFirstAndTheApplicationWins) {
  source_.fields = {{"team", "a"}, {"env", "prod"}};
  step().parse = ParseConfig{"json", {}};
  EXPECT_EQ(run(R"({"env":"test","msg":"m"})"),
            "{\"level\":\"info\",\"message\":\"m\",\"team\":\"a\",\"env\":\"test\"}\n");
}

TEST_F(PipelineTest, KeepAndDropCountWhatIsFiltered) {
  step().keep = MatchConfig{.level = {{">=warn"}, false}};
  step().drop = MatchConfig{.message = {{{"health", "ping$"}, true}}};
  EXPECT_EQ(run({{"ERROR a"}, {"INFO b"}, {"WARN health"}, {"ERROR ping"}}),
            "{\"level\":\"error\",\"message\":\"ERROR a\"}\n");
  EXPECT_EQ(dropped(DropReason::kFiltered), 3U);
}

TEST_F(PipelineTest, MatchesServiceStreamAndFields) {
  step().parse = ParseConfig{"json", {}};
  step().keep = MatchConfig{.service = {{"w*", "!web-x"}, true},
                            .stream = {{"stdout"}, false},
                            .field = {{"status", {{"5??", "404"}, true}}}};
  EXPECT_EQ(run({{R"({"status":500})"}, {R"({"status":200})"}, {R"({"status":"404"})"}, {"{}"}}),
            "{\"level\":\"info\",\"status\":500}\n{\"level\":\"info\",\"status\":\"404\"}\n");
}

TEST_F(PipelineTest, LevelFromAFieldOrTheText) {
  step().parse = ParseConfig{"json", {}};
  step().level = "sev";
  EXPECT_EQ(run(R"({"sev":"alert"})"), "{\"level\":\"alert\",\"sev\":\"alert\"}\n");
  config_.steps = {};
  step().level = "text";
  EXPECT_EQ(run("[crit] x"), "{\"level\":\"critical\",\"message\":\"[crit] x\"}\n");
}

TEST_F(PipelineTest, SetRenameRemove) {
  step().parse = ParseConfig{"json", {}};
  step().set = Texts{{"from", "{service}.{instance}/{stream}@{host} {{x}}"}, {"level", "fatal"}};
  step().rename = Texts{{"a", "b"}, {"text", "message"}};
  step().remove = base::OneOrSeveral{{"c", "none"}, true};
  EXPECT_EQ(run(R"({"a":1,"c":2,"text":"t"})"),
            "{\"level\":\"critical\",\"message\":\"t\",\"from\":\"web.1/stdout@h "
            "{x}\",\"b\":1}\n");
}

TEST_F(PipelineTest, SampleKeepsItsPartAndAlwaysTheSame) {
  step().sample = 0.25;
  std::vector<Line> lines(4000, Line{"x"});
  const std::string first = run(lines, RecordFormat::kText);
  const std::uint64_t sampled = dropped(DropReason::kSampled);
  EXPECT_NEAR(static_cast<double>(sampled), 3000, 150);
  EXPECT_EQ(run(lines, RecordFormat::kText), first);
  config_.steps[0].sample = 0;
  EXPECT_EQ(run(lines, RecordFormat::kText), "");
  config_.steps[0].sample = 1;
  static_cast<void>(run(lines, RecordFormat::kText));
  EXPECT_EQ(dropped(DropReason::kSampled), 0U);
}

TEST_F(PipelineTest, LimitGoesByTheRecordsTime) {
  LimitConfig limit;
  limit.rate = 2;
  limit.burst = 3;
  limit.per = {{"level"}, false};
  step().limit = limit;
  std::vector<Line> lines(5, Line{"a"});
  lines.push_back({"WARN b"});
  lines.push_back({"c", Stream::kStdout, 500});
  static_cast<void>(run(lines));
  EXPECT_EQ(dropped(DropReason::kRateLimited), 2U);
}

TEST_F(PipelineTest, DedupeSaysHowOften) {
  step().dedupe = DedupeConfig{base::seconds(5)};
  EXPECT_EQ(run({{"a"}, {"a"}, {"a"}, {"b"}, {"a"}}),
            "{\"level\":\"info\",\"message\":\"a\"}\n"
            "{\"level\":\"info\",\"message\":\"repeated 2 times: a\"}\n"
            "{\"level\":\"info\",\"message\":\"b\"}\n{\"level\":\"info\",\"message\":\"a\"}\n");
  EXPECT_EQ(dropped(DropReason::kDeduped), 2U);
  static_cast<void>(run({{"a"}, {"a", Stream::kStdout, 6000}}));
  EXPECT_EQ(dropped(DropReason::kDeduped), 0U);
}

TEST_F(PipelineTest, RedactsBeforeItIsWritten) {
  step().redact = base::Regexes{{{"email"}, false}};
  EXPECT_EQ(run("to a@b.com"), "{\"level\":\"info\",\"message\":\"to [REDACTED]\"}\n");
  EXPECT_EQ(run({{"to a@b.com"}}, RecordFormat::kText), "to [REDACTED]\n");
}

class MultilineTest : public PipelineTest {
 protected:
  void preset(const std::string& name) {
    MultilineConfig config;
    config.preset = name;
    config_.steps = {};
    step().multiline = config;
  }
  /// Records, with | for the newlines in them.
  std::string join(const std::vector<std::string>& lines) {
    std::vector<Line> input;
    for (const std::string& line : lines) {
      input.push_back({line});
    }
    std::string out;
    const std::string json = run(input);
    for (std::size_t at = json.find("\"message\":\""); at != std::string::npos;
         at = json.find("\"message\":\"", at + 1)) {
      const std::size_t begin = at + 11;
      out += "(" + json.substr(begin, json.find("\"}", begin) - begin) + ")";
    }
    return out;
  }
};

TEST_F(MultilineTest, Presets) {
  preset("java");
  EXPECT_EQ(join({"a", "x.E: m", "    at f(F.java:1)", "Caused by: y", "    ... 3 more", "b"}),
            R"((a)(x.E: m\n    at f(F.java:1)\nCaused by: y\n    ... 3 more)(b))");
  preset("python");
  EXPECT_EQ(
      join({"a", "Traceback (most recent call last):", "  File x", "    f()", "E: m", "",
            "During handling of the above exception, another exception occurred:", "",
            "Traceback (most recent call last):", "  File y", "F: n", "b"}),
      R"((a)(Traceback (most recent call last):\n  File x\n    f()\nE: m\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File y\nF: n)(b))");
  preset("go");
  EXPECT_EQ(
      join({"a", "panic: m", "", "goroutine 1 [running]:", "main.f(0x1, 0x2)", "    /x.go:1",
            "exit status 2", "b"}),
      R"((a)(panic: m\n\ngoroutine 1 [running]:\nmain.f(0x1, 0x2)\n    /x.go:1\nexit status 2)(b))");
  preset("ruby");
  EXPECT_EQ(join({"x.rb:1:in 'f': m (E)", "    from x.rb:2", "b"}),
            R"((x.rb:1:in 'f': m (E)\n    from x.rb:2)(b))");
  preset("node");
  EXPECT_EQ(join({"E: m", "    at f (x.js:1)", "  [cause]: y {", "}", "b"}),
            R"((E: m\n    at f (x.js:1)\n  [cause]: y {\n})(b))");
}

TEST_F(MultilineTest, StartAndContinue) {
  MultilineConfig config;
  config.start = {{{"^\\d"}, false}};
  step().multiline = config;
  EXPECT_EQ(join({"x", "1 a", "b", "2 c"}), R"((x)(1 a\nb)(2 c))");
  config.start = {};
  config.continues = {{{"^\\+"}, false}};
  config_.steps[0].multiline = config;
  EXPECT_EQ(join({"x", "+ a", "+ b", "c"}), R"((x\n+ a\n+ b)(c))");
}

TEST_F(MultilineTest, StreamsAreApartAndTimeAndSizeEndAGroup) {
  preset("java");
  EXPECT_EQ(run({{"a"}, {" b", Stream::kStderr}, {" c"}, {" d", Stream::kStderr}}),
            "{\"level\":\"info\",\"message\":\"a\\n c\"}\n"
            "{\"level\":\"error\",\"stream\":\"stderr\",\"message\":\" b\\n d\"}\n");
  EXPECT_EQ(run({{"a"}, {" b", Stream::kStdout, 1001}}, RecordFormat::kText), "a\n b\n");
  config_.steps[0].multiline->bytes.bytes = 64;
  EXPECT_EQ(
      run({{std::string(40, 'a')}, {" " + std::string(40, 'b')}, {" c"}}, RecordFormat::kText),
      std::string(40, 'a') + "\n " + std::string(40, 'b') + "\n c\n");
}

TEST_F(PipelineTest, SaysWhatIsWrongWithAStep) {
  step();
  EXPECT_THAT(run("x"), testing::HasSubstr("steps[0]: a step needs a verb: parse, multiline"));
  config_.steps[0].sample = 2;
  EXPECT_EQ(run("x"), "steps[0]: it must be 0 to 1");
  config_.steps[0].level = "text";
  EXPECT_EQ(run("x"),
            "steps[0]: a step has one verb, not level and sample; write a table for each");
  config_.steps = {};
  step().parse = ParseConfig{"jsno", {}};
  EXPECT_EQ(run("x"), "steps[0]: there is no format \"jsno\" (did you mean json?)");
  config_.steps = {};
  step().keep = MatchConfig{.level = {{"warn"}, false}};
  EXPECT_EQ(run("x"),
            "steps[0]: level: \"warn\" could mean more or less; write \">=warn\" or [\"warn\"]");
  config_.steps[0].keep = MatchConfig{.level = {{"warm"}, true}};
  EXPECT_EQ(run("x"), "steps[0]: level: there is no level \"warm\" (did you mean warn?)");
  config_.steps[0].keep = MatchConfig{.message = {{{"("}, false}}};
  EXPECT_EQ(run("x"), "steps[0]: message: missing ): (");
  config_.steps = {};
  step().multiline = MultilineConfig{};
  EXPECT_EQ(run("x"), "steps[0]: it needs one of preset, start and continue");
  config_.steps = {};
  step().set = Texts{{"a", "{nobody}"}};
  EXPECT_EQ(run("x"),
            "steps[0]: there is no {nobody} (known are {service} {stream} {instance} {host}; {{ is "
            "a brace)");
}

TEST(MakePipelineTest, ServiceThenMatchThenSink) {
  RouterConfig config;
  config.host = "h";
  StepConfig parse;
  parse.parse = ParseConfig{"json", {}};
  StepConfig remove;
  remove.remove = base::OneOrSeveral{{"status"}, true};
  config.pipelines["p"].steps = {parse};
  config.pipelines["q"].steps = {remove};
  config.services = {{.service = "web", .pipelines = {"p"}, .fields = {}, .stderr_level = "warn"}};
  SinkConfig sink;
  sink.match.field = {{"status", {{"500"}, false}}};
  sink.pipeline = {{"q"}, false};
  const auto pipeline = make_pipeline(config, sink, "web");
  ASSERT_TRUE(pipeline);
  EXPECT_EQ(pipeline->steps().size(), 3U);
  EXPECT_TRUE(std::holds_alternative<ParseStep>(pipeline->steps()[0]));
  EXPECT_TRUE(std::holds_alternative<MatchStep>(pipeline->steps()[1]));
  EXPECT_TRUE(std::holds_alternative<RemoveStep>(pipeline->steps()[2]));
  EXPECT_EQ(pipeline->source().stderr_severity, Severity::kWarn);
  EXPECT_EQ(make_pipeline(config, sink, "other")->steps().size(), 2U);
  sink.pipeline = {{"r"}, false};
  EXPECT_EQ(make_pipeline(config, sink, "web").error().message, "there is no pipeline r");
}

}  // namespace
}  // namespace logging
