// Services that run now and then.
// Covers supervisor/wall_timer.h, supervisor/config/zones.h and
// supervisor/machine/schedule_machine.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/instance.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class ScheduleTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, ScheduleTest, both_worlds(), name_of_world);

std::size_t count_lines(const std::string& path) {
  const std::string text = read_text(path);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_P(ScheduleTest, AnIntervalRunsAgainAndAgain) {
  Instance birl({.config = R"(
[service.tick]
type = "scheduled"
schedule = "@every 1s"
command = ["@ACTOR@", "count-run", "@DIR@/runs", "0"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("tick", "waiting"));
  EXPECT_THAT(text_in(birl.service("tick"), "next_run"),
              MatchesRegex("20..-..-..T..:..:..\\....Z"));
  EXPECT_EQ(birl.service("tick")["ready"], true);
  EXPECT_TRUE(eventually([&] { return count_lines(birl.directory() / "runs") >= 2; }));
  EXPECT_EQ(birl.cli({"healthy"}).code, 0);
  EXPECT_EQ(birl.stop(), 0);
}

TEST_P(ScheduleTest, StartRunsItNowAndTellsHowItEnded) {
  Instance birl({.config = R"(
[service.backup]
type = "scheduled"
schedule = "@yearly"
command = "test -e @DIR@/well"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("backup", "waiting"));
  const CommandResult bad = birl.cli({"start", "backup"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.err, HasSubstr("cannot start backup: the last run failed: exited with code 1"));
  EXPECT_EQ(birl.state("backup"), "waiting");
  write_text(birl.directory() / "well", "");
  EXPECT_EQ(birl.cli({"start", "backup"}).code, 0);
  EXPECT_EQ(birl.service("backup")["exit_code"], 0);
  EXPECT_THAT(birl.cli({"explain", "backup"}).out, HasSubstr("its next run: 20"));
  EXPECT_THAT(birl.cli({"status"}).out, HasSubstr("next run in "));
}

TEST_P(ScheduleTest, AnOverlapIsSkippedToldAndCounted) {
  Instance birl({.config = R"(
[service.slow]
type = "scheduled"
schedule = "@every 1s"
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return birl.service("slow")["skipped_runs"] >= 1; }));
  EXPECT_EQ(birl.state("slow"), "running");
  EXPECT_TRUE(eventually([&] {
    return birl.stderr_text().find("slow: skipped a run: the last one still runs") !=
           std::string::npos;
  }));
}

TEST_P(ScheduleTest, ALongRunIsStoppedAndHasFailed) {
  Instance birl({.config = R"(
[service.slow]
type = "scheduled"
schedule = "@yearly"
timeout = "100ms"
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("slow", "waiting"));
  const CommandResult result = birl.cli({"start", "slow"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("longer than its timeout"));
  EXPECT_EQ(birl.state("slow"), "waiting");
}

TEST_P(ScheduleTest, AReloadChangesTheScheduleAndLeavesTheRun) {
  constexpr std::string_view kHead = R"(
[service.job]
type = "scheduled"
command = ["@ACTOR@", "wait"]
schedule = )";
  Instance birl({.config = std::string(kHead) + "\"@yearly\"", .world = world()});
  ASSERT_TRUE(birl.wait_state("job", "waiting"));
  const CommandResult begun = birl.cli({"start", "job", "--no-wait"});
  ASSERT_EQ(begun.code, 0);
  ASSERT_TRUE(birl.wait_state("job", "running"));
  const auto pid = birl.service_pid("job");
  const std::string before = text_in(birl.service("job"), "next_run");
  birl.write_config(std::string(kHead) + "\"@hourly\"");
  EXPECT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_NE(text_in(birl.service("job"), "next_run"), before);
  EXPECT_EQ(birl.service_pid("job"), pid);
}

TEST(ScheduleClockTest, AFieldScheduleRunsByTheWallClock) {
  Instance birl({.config = R"(
[service.minutely]
type = "scheduled"
schedule = "* * * * *"
timezone = "CET-1CEST,M3.5.0,M10.5.0/3"
command = ["@ACTOR@", "count-run", "@DIR@/runs", "0"]
)"});
  ASSERT_TRUE(birl.wait_state("minutely", "waiting"));
  EXPECT_THAT(text_in(birl.service("minutely"), "next_run"), HasSubstr(":00.000Z"));
  // At most a minute until the next full one.
  EXPECT_TRUE(eventually([&] { return exists(birl.directory() / "runs"); }, kPatience + 60s));
}

TEST(ScheduleCheckTest, AnUnknownZoneIsAConfigurationError) {
  Instance birl({.config = R"(
[service.backup]
type = "scheduled"
schedule = "@daily"
timezone = "Mars/Olympus"
command = ["true"]
)"});
  EXPECT_EQ(birl.wait_exit(), 2);
  EXPECT_THAT(birl.stderr_text(), HasSubstr("there is no time zone \"Mars/Olympus\""));
}

}  // namespace
}  // namespace support
