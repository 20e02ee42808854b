// What happens when a service ends: restart policies, back-off, limits, and the verbs that start
// and stop one.
// Covers supervisor/service_effects.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

/// A primary that stays, and `services`.
InstanceOptions beside_a_primary(const std::string& services) {
  return {.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
)" + services};
}

std::size_t runs(const Instance& birl) {
  return lines_of(read_text(birl.directory() / "runs")).size();
}

class KilledServiceTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, KilledServiceTest, both_worlds(), name_of_world);

TEST_P(KilledServiceTest, AKilledSecondaryIsBackWithOneRestart) {
  InstanceOptions options = beside_a_primary("[service.helper]\ncommand = [\"@ACTOR@\", \"wait\"]");
  options.world = world();
  Instance birl(options);
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  const auto first = birl.service_pid("helper");
  ASSERT_TRUE(first.has_value());
  ASSERT_EQ(::kill(*first, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] {
    const auto now = birl.service_pid("helper");
    return now && *now != *first && birl.state("helper") == "running";
  }));
  EXPECT_EQ(birl.service("helper")["restarts"], 1);
  EXPECT_EQ(birl.service("app")["restarts"], 0);
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

TEST(RestartTest, OnFailureRunsAgainUntilItSucceeds) {
  Instance birl(beside_a_primary(R"(
[service.job]
restart = "on-failure"
backoff = {initial = "1ms", max = "5ms"}
command = "echo x >> @DIR@/runs; test $(wc -l < @DIR@/runs) -ge 3"
)"));
  ASSERT_TRUE(eventually([&] { return runs(birl) == 3; }));
  EXPECT_TRUE(throughout([&] { return runs(birl) == 3; }, 100ms));
  EXPECT_EQ(birl.service("job")["restarts"], 2);
}

TEST(RestartTest, OnFailureCountsSuccessExitCodesAsSuccess) {
  Instance birl(beside_a_primary(R"(
[service.job]
restart = "on-failure"
success_exit_codes = [0, 9]
backoff = {initial = "1ms", max = "5ms"}
command = ["@ACTOR@", "count-run", "@DIR@/runs", "9"]
)"));
  ASSERT_TRUE(eventually([&] { return runs(birl) == 1 && birl.state("job") != "running"; }));
  EXPECT_TRUE(throughout([&] { return runs(birl) == 1; }, 100ms));
}

TEST(RestartTest, AlwaysRunsAgainAfterSuccessToo) {
  Instance birl(beside_a_primary(R"(
[service.job]
restart = "always"
backoff = {initial = "1ms", max = "5ms"}
command = ["@ACTOR@", "count-run", "@DIR@/runs", "0"]
)"));
  EXPECT_TRUE(eventually([&] { return runs(birl) >= 4; }));
}

TEST(RestartTest, NeverStaysDown) {
  Instance birl(beside_a_primary(R"(
[service.job]
restart = "never"
command = ["@ACTOR@", "count-run", "@DIR@/runs", "3"]
)"));
  ASSERT_TRUE(birl.wait_state("job", "failed"));
  EXPECT_TRUE(throughout([&] { return runs(birl) == 1; }, 100ms));
  EXPECT_EQ(birl.service("job")["exit_code"], 3);
}

TEST(RestartTest, AOneshotThatSucceedsIsDone) {
  Instance birl(beside_a_primary(R"(
[service.job]
type = "oneshot"
command = ["@ACTOR@", "count-run", "@DIR@/runs", "0"]
)"));
  ASSERT_TRUE(birl.wait_state("job", "done"));
  EXPECT_EQ(runs(birl), 1U);
  EXPECT_EQ(birl.cli({"healthy"}).code, 0);
}

TEST(RestartTest, TheLimitStopsRestartingForGood) {
  Instance birl(beside_a_primary(R"(
[service.job]
backoff = {initial = "1ms", max = "5ms"}
restart_limit = {count = 3, within = "1m", then = "stop"}
command = ["@ACTOR@", "count-run", "@DIR@/runs", "1"]
)"));
  ASSERT_TRUE(birl.wait_state("job", "failed"));
  EXPECT_EQ(runs(birl), 4U);
  EXPECT_EQ(birl.state("app"), "running");
}

TEST(RestartTest, TheLimitCanEndTheContainerWithTheServicesCode) {
  Instance birl(beside_a_primary(R"(
[service.job]
backoff = {initial = "1ms", max = "5ms"}
restart_limit = {count = 2, within = "1m", then = "shutdown"}
command = ["@ACTOR@", "count-run", "@DIR@/runs", "11"]
)"));
  EXPECT_EQ(birl.wait_exit(), 11);
  EXPECT_EQ(runs(birl), 3U);
}

TEST(RestartTest, AMissingProgramIsInBackoffWithTheReasonAndTheContainerLives) {
  Instance birl(beside_a_primary("[service.job]\ncommand = [\"/nonexistent/program\"]\n"));
  ASSERT_TRUE(birl.wait_state("job", "backoff"));
  const std::string reason = text_in(birl.service("job"), "reason");
  EXPECT_THAT(reason, HasSubstr("/nonexistent/program"));
  EXPECT_THAT(reason, HasSubstr("no such file"));
  EXPECT_EQ(birl.state("app"), "running");
  EXPECT_EQ(birl.cli({"healthy"}).code, 1);
}

TEST(RestartTest, BackoffGrowsUpToItsMaximum) {
  Instance birl(beside_a_primary(R"(
[service.job]
backoff = {initial = "20ms", max = "200ms", factor = 10, jitter = 0.0}
command = ["@ACTOR@", "count-run", "@DIR@/runs", "1"]
)"));
  ASSERT_TRUE(eventually([&] { return runs(birl) >= 5; }));
  const Json job = birl.service("job");
  EXPECT_GE(job["restarts"].get<int>(), 4);
  // Five runs have waited 20 + 200 + 200 + 200 ms at least.
  EXPECT_GE(birl.status()["uptime_s"].get<double>(), 0.6);
}

TEST(VerbsTest, AManualServiceStartsWhenToldAndStopsForGood) {
  Instance birl(beside_a_primary(R"(
[service.tool]
start = "manual"
command = ["@ACTOR@", "wait"]
)"));
  ASSERT_TRUE(birl.wait_state("app", "running"));
  EXPECT_EQ(birl.state("tool"), "stopped");
  EXPECT_EQ(birl.cli({"start", "tool"}).code, 0);
  ASSERT_TRUE(birl.wait_state("tool", "running"));
  EXPECT_EQ(birl.cli({"stop", "tool"}).code, 0);
  EXPECT_EQ(birl.state("tool"), "stopped");
  EXPECT_TRUE(throughout([&] { return birl.state("tool") == "stopped"; }, 100ms));
}

TEST(VerbsTest, RestartMakesANewProcess) {
  Instance birl(beside_a_primary("[service.helper]\ncommand = [\"@ACTOR@\", \"wait\"]\n"));
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  const auto first = birl.service_pid("helper");
  EXPECT_EQ(birl.cli({"restart", "helper"}).code, 0);
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  EXPECT_NE(birl.service_pid("helper"), first);
  EXPECT_FALSE(is_running(*first));
}

TEST(VerbsTest, SignalSendsTheNamedOne) {
  Instance birl(beside_a_primary(R"(
[service.helper]
command = ["@ACTOR@", "record", "@DIR@/signals"]
stop = {signal = "KILL"}
)"));
  const std::string file = birl.directory() / "signals";
  ASSERT_TRUE(eventually([&] { return read_text(file) == "ready\n"; }));
  EXPECT_EQ(birl.cli({"signal", "USR1", "helper"}).code, 0);
  EXPECT_TRUE(eventually([&] { return lines_of(read_text(file)).size() == 2; }));
  EXPECT_THAT(read_text(file), HasSubstr("\n" + std::to_string(SIGUSR1) + " "));
}

TEST(VerbsTest, AnUnknownServiceIsExitCode3) {
  Instance birl(beside_a_primary("[service.helper]\ncommand = [\"@ACTOR@\", \"wait\"]\n"));
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  for (const char* verb : {"start", "stop", "restart", "status", "logs"}) {
    const CommandResult result = birl.cli({verb, "helpre"});
    EXPECT_EQ(result.code, 3) << verb;
    EXPECT_THAT(result.err, HasSubstr("helpre")) << verb;
  }
  EXPECT_EQ(birl.state("helper"), "running");
}

}  // namespace
}  // namespace support
