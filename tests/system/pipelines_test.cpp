// Records: parsed, joined, redacted and written again, also while the router dies all the time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/paths.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Flow kWeb{.services = {"web"}, .sinks = {"files"}};

/// A service `web` that runs an awk program and a file sink behind a pipeline.
std::string records_of(const std::string& awk, const std::string& steps) {
  return R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.web]
type = "oneshot"
log = ["files"]
pipeline = "steps"
command = '''awk 'BEGIN { )" +
         awk + R"( }' '''
[sink.files]
type = "file"
path = "@DIR@/log/current"
format = "json"
rotate = {size = "1MiB", keep = 10000}
[pipeline.steps]
steps = [)" +
         steps + "]\n";
}

std::vector<Json> records_in(const Instance& birl) {
  std::vector<Json> records;
  for (const std::string& line : lines_of(read_log(birl.directory() / "log/current"))) {
    records.push_back(Json::parse(line, nullptr, false));
    EXPECT_FALSE(records.back().is_discarded()) << line;
  }
  return records;
}

TEST(PipelinesTest, ParsedAndRedactedRecordsComeOnceThoughTheRouterIsKilled) {
  const std::uint64_t lines = 100'000;
  Instance birl({.config = records_of(
                     "for (i = 1; i <= 100000; ++i) print \"{\\\"n\\\":\" i "
                     "\",\\\"msg\\\":\\\"user u\" i \"@example.org paid\\\",\\\"ok\\\":true}\"",
                     R"({parse = "json"}, {redact = ["email"]})")});
  const int early = kill_router_often(birl, 30, kWeb);
  ASSERT_TRUE(eventually(
      [&] { return generators_finished(birl, kWeb) && has_delivered(birl, "files", lines); },
      100s));
  const std::vector<Json> records = records_in(birl);
  ASSERT_EQ(records.size(), lines);
  for (std::uint64_t index = 0; index < lines; ++index) {
    ASSERT_EQ(records[index]["n"], index + 1);
    ASSERT_EQ(records[index]["message"], "user [REDACTED] paid");
  }
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("files")["received"], lines);
  EXPECT_EQ(birl.sink("files")["delivered"], lines);
  std::cout << early << " of 30 kills came while lines were written\n";
}

/// A router that is down for longer than a group is held tears that group, and only that one.
TEST(PipelinesTest, GroupsOfLinesStayWholeThoughTheRouterIsKilled) {
  const std::uint64_t groups = 10'000;
  const int kills = 15;
  Instance birl({.config = records_of(
                     R"(for (i = 1; i <= 10000; ++i) print "group " i "\n  at a " i "\n  at b " i)",
                     R"({multiline = {start = "^group", timeout = "1s"}})")});
  const int early = kill_router_often(birl, kills, kWeb);
  ASSERT_TRUE(eventually(
      [&] { return generators_finished(birl, kWeb) && has_delivered(birl, "files", groups * 3); },
      100s));
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("files")["delivered"], groups * 3);
  const std::vector<Json> records = records_in(birl);
  EXPECT_LE(records.size(), groups + 2 * kills);
  std::string all;
  for (const Json& record : records) {
    all += record["message"].get<std::string>() + "\n";
  }
  std::string expected;
  for (std::uint64_t group = 1; group <= groups; ++group) {
    const std::string number = std::to_string(group);
    expected += "group " + number + "\n  at a " + number + "\n  at b " + number + "\n";
  }
  EXPECT_TRUE(all == expected) << "the lines are not those that were written";
  std::cout << early << " of " << kills << " kills came while lines were written\n";
}

/// What was repeated is forgotten with the router, so a message may come again after each death;
/// but every message comes, in order, and each record that is not a summary is one delivered line.
TEST(PipelinesTest, RepetitionsAreCountedExactlyThoughTheRouterIsKilled) {
  const std::uint64_t messages = 10'000;
  Instance birl({.config = records_of("for (i = 0; i < 50000; ++i) print \"message \" int(i / 5)",
                                      R"({dedupe = "60s"})")});
  static_cast<void>(kill_router_often(birl, 15, kWeb));
  ASSERT_TRUE(eventually(
      [&] { return generators_finished(birl, kWeb) && has_delivered(birl, "files", messages * 5); },
      100s));
  expect_exact_ledger(birl);
  std::uint64_t next = 0;
  std::uint64_t lines = 0;
  for (const Json& record : records_in(birl)) {
    const auto text = record["message"].get<std::string>();
    if (text.starts_with("repeated ")) {
      continue;
    }
    ++lines;
    const std::uint64_t number = std::stoull(text.substr(std::string_view("message ").size()));
    ASSERT_TRUE(number == next || number + 1 == next) << text << " instead of " << next;
    next = number + 1;
  }
  EXPECT_EQ(next, messages);
  const Json sink = birl.sink("files");
  EXPECT_EQ(sink["delivered"], lines);
  EXPECT_EQ(sink["dropped"]["deduped"], messages * 5 - lines);
}

TEST(PipelinesTest, TheConsoleShowsWhatMatchesAsRecords) {
  Instance birl({.config = R"(
[service.app]
primary = true
fields = {team = "a"}
stderr_level = "warn"
command = "echo quiet; echo oops >&2; echo 'ERROR: no disk'"
[sink.console]
type = "console"
target = "stdout"
format = "logfmt"
match = {level = ">=warn"}
pipeline = "short"
[pipeline.short]
steps = [{set = {time = "now", host = "{service}.{instance}"}}]
)"});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_THAT(
      lines_of(birl.stdout_text()),
      testing::UnorderedElementsAre(
          "level=warn service=app stream=stderr message=oops team=a host=app.1 time=now",
          "level=error service=app stream=stdout message=\"ERROR: no disk\" team=a host=app.1 "
          "time=now"));
}

constexpr const char* kTests = R"(
[service.web]
command = ["web"]
pipeline = "clean"
[sink.console]
type = "console"
match = {level = ">=warn"}
[pipeline.clean]
steps = [{parse = "json"}, {drop = {field = {path = "/healthz"}}}, {redact = ["email"]}]
[[test]]
name = "addresses are hidden"
pipeline = "clean"
input = ['{"msg":"hello a@example.org","level":"warn"}']
expect = [{message = "hello [REDACTED]", level = "warn"}]
)";

/// `birl VERB -c FILE WORDS...` with that configuration.
CommandResult birl_command(const std::string& config, std::vector<std::string> words) {
  const TempDirectory directory;
  write_text(directory / "birl.toml", config);
  words.insert(words.begin(), "birl");
  words.insert(words.begin() + 2, {"-c", directory / "birl.toml"});
  return run_command({.program = birl_path(), .argv = std::move(words)});
}

TEST(TestCommandTest, TellsThatAllTestsPassed) {
  const CommandResult result = birl_command(kTests, {"test"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_EQ(result.out, "ok     addresses are hidden\n1 of 1 tests passed\n");
}

TEST(TestCommandTest, AFailedTestIsToldAndGivesOne) {
  const CommandResult result = birl_command(std::string(kTests) + R"(
[[test]]
name = "health checks are kept"
service = "web"
input = ['{"path":"/healthz"}', '{"msg":"other","n":1}']
expect = [{path = "/healthz"}, {message = "other", n = 1}]
)",
                                            {"test"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAILED health checks are kept"));
  EXPECT_THAT(result.out, HasSubstr("expected 2 records, got 1"));
  EXPECT_THAT(result.out, HasSubstr("1 of 2 tests passed"));
  EXPECT_THAT(result.out, HasSubstr("ok     addresses are hidden"));
}

TEST(TestCommandTest, ReadsAFileAndPrintsData) {
  const TempDirectory directory;
  write_text(directory / "mine.toml", kTests);
  const CommandResult result = run_command(
      {.program = birl_path(), .argv = {"birl", "test", "--json", directory / "mine.toml"}});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["tests"][0]["passed"], true);
}

TEST(TestCommandTest, AWrongConfigurationGivesTwo) {
  const CommandResult result =
      birl_command("[pipeline.x]\nsteps = [{prase = \"json\"}]\n", {"test"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("prase"));
  EXPECT_EQ(birl_command(kTests, {"test", "--nonsense"}).code, 2);
}

TEST(CheckLineTest, ShowsTheRouteOfALine) {
  const CommandResult passes =
      birl_command(kTests, {"check", "--line", "web", R"({"msg":"a@b.org","level":"error"})"});
  EXPECT_EQ(passes.code, 0) << passes.err;
  const auto lines = lines_of(passes.out);
  ASSERT_EQ(lines.size(), 2U) << passes.out;
  EXPECT_EQ(lines[0].substr(0, 8), "record: ");
  const Json record = Json::parse(lines[0].substr(8));
  EXPECT_EQ(record["message"], "[REDACTED]");
  EXPECT_EQ(record["level"], "error");
  EXPECT_EQ(lines[1].substr(0, 9), "console: ");
  const CommandResult filtered =
      birl_command(kTests, {"check", "--line", "web", R"({"msg":"fine"})"});
  EXPECT_EQ(filtered.code, 0);
  EXPECT_THAT(filtered.out, HasSubstr("console: dropped (filtered)\n"));
}

TEST(CheckLineTest, AnUnknownServiceGivesThreeAndHalfOfItTwo) {
  const CommandResult unknown = birl_command(kTests, {"check", "--line", "wbe", "x"});
  EXPECT_EQ(unknown.code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("there is no service wbe"));
  EXPECT_EQ(birl_command(kTests, {"check", "--line", "web"}).code, 2);
}

}  // namespace
}  // namespace support
