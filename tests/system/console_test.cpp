// The console sink: what `docker logs` shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/paths.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

using testing::HasSubstr;

std::string numbered(const std::string& word, int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) {
    text += word + " " + std::to_string(i) + "\n";
  }
  return text;
}

TEST(ConsoleTest, StdoutAndStderrStayApartByteForByte) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "say-both", "2000"]
)"});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), numbered("out", 2000));
  EXPECT_EQ(birl.stderr_text(), numbered("err", 2000));
}

TEST(ConsoleTest, APrefixNamesServiceAndStream) {
  Instance birl({.config = R"(
[sink.console]
type = "console"
prefix = "{service} {stream} | "
[service.app]
primary = true
command = ["@ACTOR@", "say-both", "2"]
)"});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "app stdout | out 1\napp stdout | out 2\n");
  EXPECT_EQ(birl.stderr_text(), "app stderr | err 1\napp stderr | err 2\n");
}

TEST(ConsoleTest, ATargetTakesBothStreams) {
  Instance birl({.config = R"(
[sink.console]
type = "console"
target = "stdout"
[service.app]
primary = true
command = ["@ACTOR@", "say-both", "100"]
)"});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(lines_of(birl.stdout_text()).size(), 200U);
  EXPECT_EQ(birl.stderr_text(), "");
}

TEST(ConsoleTest, LinesOfManyServicesAreNeverMixed) {
  std::string config =
      "[service.app]\nprimary = true\nlog = []\ncommand = [\"@ACTOR@\", \"wait\"]\n";
  std::vector<std::string> arguments{"@DIR@/stdout"};
  for (const std::string name : {"a", "b", "c", "d"}) {
    config += "[service." + name + "]\ntype = \"oneshot\"\n" +
              "command = [\"@LOGGEN@\", \"--id\", \"" + name +
              "\", \"--lines\", \"20000\", \"--bytes\", \"40-300\"]\n";
    arguments.insert(arguments.end(), {"--expect", name + ":out:20000"});
  }
  Instance birl({.config = config});
  for (const char* name : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(birl.wait_state(name, "done"));
  }
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
  expect_lines(birl, arguments);
}

TEST(ConsoleTest, ACrashIsToldOnStderrAndAnOrdinaryStartIsNot) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.flaky]
log = []
backoff = {initial = "10m", max = "10m"}
command = ["@ACTOR@", "exit", "3"]
)"});
  ASSERT_TRUE(birl.wait_state("flaky", "backoff"));
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
  EXPECT_THAT(birl.stderr_text(), HasSubstr("birl: "));
  EXPECT_THAT(birl.stderr_text(), HasSubstr("flaky"));
  EXPECT_EQ(lines_of(birl.stderr_text()).size(), 1U) << birl.stderr_text();
  EXPECT_EQ(birl.stdout_text(), "");
}

/// 900 KB: more than a pipe, less than a ring.
InstanceOptions stuck_console() {
  return {.config = R"(
[birl]
shutdown_timeout = "2s"
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[sink.files]
type = "file"
path = "@DIR@/log/current"
[service.gen]
type = "oneshot"
log = ["console", "files"]
command = ["@LOGGEN@", "--lines", "9000"]
)",
          .console = Console::kStuck};
}

TEST(ConsoleTest, AStuckReaderDoesNotKeepLinesFromTheFiles) {
  Instance birl(stuck_console());
  ASSERT_TRUE(birl.wait_state("gen", "done"));
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 9'000); }));
  expect_lines(birl, {"@DIR@/log", "--expect", "gen:out:9000"});
  EXPECT_GT(birl.sink("console")["buffered"], 0);
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.cli({"healthy"}).code, 0) << "PID 1 is not stuck";
}

TEST(ConsoleTest, AStuckReaderGetsEverythingWhenItReadsAgain) {
  Instance birl(stuck_console());
  ASSERT_TRUE(birl.wait_state("gen", "done"));
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 9'000); }));
  birl.read_console();
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "console", 9'000); }));
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
  expect_lines(birl, {"@DIR@/stdout", "--expect", "gen:out:9000"});
}

TEST(ConsoleTest, AStuckReaderDoesNotKeepBirlFromStopping) {
  Instance birl(stuck_console());
  ASSERT_TRUE(birl.wait_state("gen", "done"));
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

/// PID 1 says on stderr what was not delivered; it must not wait for a reader then.
TEST(ConsoleTest, AStuckReaderOfStderrDoesNotKeepBirlFromStopping) {
  InstanceOptions options = stuck_console();
  options.console = Console::kDeaf;
  Instance birl(options);
  ASSERT_TRUE(birl.wait_state("gen", "done"));
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

TEST(ConsoleTest, AClosedConsoleIsNoEndOfBirl) {
  Instance birl(stuck_console());
  birl.close_console();
  ASSERT_TRUE(birl.wait_state("gen", "done"));
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 9'000); }));
  expect_lines(birl, {"@DIR@/log", "--expect", "gen:out:9000"});
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

}  // namespace
}  // namespace support
