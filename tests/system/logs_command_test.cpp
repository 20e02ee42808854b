// `birl logs`: what services wrote, read from their rings, wherever else it goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <csignal>

#include "tests/support/instance.h"

namespace support {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

/// `app` writes "out 1" "err 1" ... "out 5" "err 5" into its ring only and stays.
constexpr const char* kRingOnly = R"(
[service.app]
primary = true
log = []
command = "@ACTOR@ say-both 5; exec @ACTOR@ wait"
[service.other]
type = "oneshot"
log = []
command = ["@ACTOR@", "say", "something else"]
)";

class LogsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(birl_.wait_state("other", "done"));
    ASSERT_TRUE(eventually([&] { return lines({"app"}).size() == 10; })) << birl_.cli({"logs"}).err;
  }

  [[nodiscard]] std::vector<std::string> lines(std::vector<std::string> words) const {
    words.insert(words.begin(), "logs");
    return lines_of(birl_.cli(words).out);
  }

  Instance birl_{{.config = kRingOnly}};
};

TEST_F(LogsTest, OneNamePrintsBareLinesOfARingOnlyService) {
  const auto out = lines({"app", "--stream", "stdout"});
  EXPECT_EQ(out, (std::vector<std::string>{"out 1", "out 2", "out 3", "out 4", "out 5"}));
}

TEST_F(LogsTest, StreamChoosesOne) {
  const auto err = lines({"app", "--stream", "stderr"});
  EXPECT_EQ(err, (std::vector<std::string>{"err 1", "err 2", "err 3", "err 4", "err 5"}));
}

TEST_F(LogsTest, NTakesTheLastLines) {
  const auto last = lines({"app", "--stream", "stdout", "-n", "2"});
  EXPECT_EQ(last, (std::vector<std::string>{"out 4", "out 5"}));
  EXPECT_EQ(lines({"app", "-n", "3"}).size(), 3U);
}

TEST_F(LogsTest, ATimeAndATextChoose) {
  EXPECT_EQ(lines({"app", "--since", "1h", "--grep", "^(out|err) 3$"}).size(), 2U);
  EXPECT_EQ(lines({"app", "--until", "1h"}).size(), 0U);
  EXPECT_EQ(lines({"app", "--since", "2000-01-01T00:00:00Z", "--stream", "stderr"}).size(), 5U);
  const auto wrong = birl_.cli({"logs", "--since", "soon"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, testing::HasSubstr("cannot understand the time 'soon'"));
  EXPECT_EQ(birl_.cli({"logs", "--grep", "("}).code, 2);
}

TEST_F(LogsTest, SeveralNamesAreMergedWithTheirNames) {
  const auto all = lines({});
  EXPECT_THAT(all, testing::Contains(MatchesRegex("app +\\| out 1")));
  EXPECT_THAT(all, testing::Contains(MatchesRegex("other +\\| something else")));
  EXPECT_EQ(all.size(), 11U);
}

/// What the next router writes is shown too.
TEST(TapTest, ShowsWhatASinkWritesAndGoesOnWithTheNextRouter) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = ["files"]
command = "i=0; while :; do echo line $i; i=$((i+1)); sleep 0.01; done"
[sink.files]
type = "file"
path = "@DIR@/log/current"
format = "text"
)"});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const base::Fd out(::memfd_create("out", 0));
  const std::string seen = "/proc/self/fd/" + std::to_string(out.get());
  const pid_t tap = birl.begin_cli({"tap", "files"}, out.get());
  const auto shown = [&] { return lines_of(read_text(seen)).size(); };
  ASSERT_TRUE(eventually([&] { return shown() > 5; }));
  const Json before = birl.status()["router"];
  ::kill(before["pid"].get<pid_t>(), SIGKILL);
  ASSERT_TRUE(eventually([&] { return birl.status()["router"]["restarts"] == 1; }));
  const std::size_t then = shown();
  EXPECT_TRUE(eventually([&] { return shown() > then + 5; }));
  EXPECT_THAT(lines_of(read_text(seen))[0], MatchesRegex("20.*Z app stdout line [0-9]+"));
  birl.stop();
  EXPECT_EQ(support::wait_exit(tap, kPatience), 0);
}

/// Also what goes across a network, without what nobody may see.
TEST(TapTest, ANetworkSinkShowsItsEventsAndNoSecret) {
  support::Instance birl({.config = R"(
[birl]
state_directory = "@DIR@/state"
[service.app]
primary = true
log = ["remote"]
command = "i=0; while :; do echo line $i; i=$((i+1)); sleep 0.01; done"
[sink.remote]
type = "syslog"
address = "unix:@DIR@/nobody"
structured_data = '[hush-hush@1 service="{service}"]'
batch = {linger = "10ms"}
)"});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const base::Fd out(::memfd_create("out", 0));
  const std::string seen = "/proc/self/fd/" + std::to_string(out.get());
  const pid_t tap = birl.begin_cli({"tap", "remote"}, out.get());
  ASSERT_TRUE(eventually([&] { return lines_of(read_text(seen)).size() > 5; }));
  EXPECT_THAT(lines_of(read_text(seen))[0], MatchesRegex("<14>1 2.* app - - ..... line [0-9]+"));
  EXPECT_EQ(read_text(seen).find("hush"), std::string::npos);
  birl.stop();
  EXPECT_EQ(support::wait_exit(tap, kPatience), 0);
}

TEST_F(LogsTest, TPrintsTimes) {
  for (const std::string& line : lines({"app", "-t"})) {
    EXPECT_THAT(line, MatchesRegex("20..-..-..T..:..:.*(out|err) [1-5]"));
  }
}

TEST_F(LogsTest, FollowingEndsWithTheInstance) {
  const base::Fd out(::memfd_create("out", 0));
  const pid_t follower = birl_.begin_cli({"logs", "app", "-f"}, out.get());
  struct stat size {};
  ASSERT_TRUE(eventually([&] { return ::fstat(out.get(), &size) == 0 && size.st_size == 60; }));
  EXPECT_EQ(birl_.stop(), 128 + SIGTERM);
  EXPECT_EQ(support::wait_exit(follower, kPatience), 0);
}

TEST(LogsFollowTest, ShowsLinesAsTheyCome) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = []
command = "echo early; until test -e @DIR@/go; do sleep 0.01; done; echo late; exec @ACTOR@ wait"
)"});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const base::Fd out(::memfd_create("out", 0));
  const pid_t follower = birl.begin_cli({"logs", "app", "-f"}, out.get());
  const std::string seen = "/proc/self/fd/" + std::to_string(out.get());
  ASSERT_TRUE(eventually([&] { return read_text(seen) == "early\n"; }));
  write_text(birl.directory() / "go", "");
  EXPECT_TRUE(eventually([&] { return read_text(seen) == "early\nlate\n"; }));
  ::kill(follower, SIGTERM);
  EXPECT_TRUE(support::wait_exit(follower, kPatience).has_value());
}

TEST(LogsRingTest, PrintsTheNewestWhenTheRingHasWrapped) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.gen]
type = "oneshot"
log = []
ring = {size = "64KiB"}
command = ["@LOGGEN@", "--lines", "20000"]
)"});
  ASSERT_TRUE(birl.wait_state("gen", "done"));
  ASSERT_TRUE(
      eventually([&] { return birl.service("gen")["streams"]["stdout"]["lines"] == 20'000; }));
  const auto last = lines_of(birl.cli({"logs", "gen"}).out);
  ASSERT_GT(last.size(), 100U);
  EXPECT_LT(last.size(), 700U);
  EXPECT_THAT(last.back(), HasSubstr("gen out 000000020000 "));
}

TEST(LogsRingTest, AClosedReaderEndsItQuietly) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = []
command = "@LOGGEN@ --lines 5000; exec @ACTOR@ wait"
)"});
  ASSERT_TRUE(
      eventually([&] { return birl.service("app")["streams"]["stdout"]["lines"] == 5000; }));
  base::Pipe pipe = *base::make_pipe();
  const pid_t reader = birl.begin_cli({"logs", "app", "-f"}, pipe.write.get());
  pipe.write.reset();
  pipe.read.reset();
  EXPECT_TRUE(support::wait_exit(reader, kPatience).has_value());
  EXPECT_EQ(birl.state("app"), "running");
}

}  // namespace
}  // namespace support
