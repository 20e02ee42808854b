// A service that runs and does not work: seen, told, restarted.
// Covers supervisor/service_watch.h and supervisor/control_adapter.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/instance.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

class HealthTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, HealthTest, both_worlds(), name_of_world);

TEST_P(HealthTest, AnUnhealthyServiceIsRestarted) {
  Instance birl({.config = R"(
[service.web]
health = { command = "test -e @DIR@/well", interval = "20ms", failures = 2 }
backoff = { initial = "1ms" }
command = "touch @DIR@/well; exec @ACTOR@ wait"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("web", "running"));
  const auto first = birl.service_pid("web");
  ASSERT_TRUE(eventually([&] { return exists(birl.directory() / "well"); }));
  ASSERT_TRUE(std::filesystem::remove(birl.directory() / "well"));
  EXPECT_TRUE(eventually([&] {
    const auto now = birl.service_pid("web");
    return now && now != first && birl.service("web")["restarts"] == 1;
  }));
  EXPECT_TRUE(eventually([&] { return birl.cli({"healthy"}).code == 0; }));
}

TEST_P(HealthTest, AnUnhealthyPrimaryIsNotLive) {
  Instance birl({.config = R"(
[service.web]
primary = true
health = { command = "echo out of order; exit 1", interval = "20ms", failures = 1, then = "none" }
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return birl.service("web")["healthy"] == false; }));
  EXPECT_EQ(birl.state("web"), "running");
  EXPECT_EQ(text_in(birl.service("web"), "reason"), "unhealthy: out of order");
  const CommandResult live = birl.cli({"healthy", "--live"});
  EXPECT_EQ(live.code, 1);
  EXPECT_THAT(live.out, HasSubstr("out of order"));
}

TEST_P(HealthTest, AnUnhealthyServiceMayEndTheContainer) {
  Instance birl({.config = R"(
[service.web]
health = { command = "exit 1", interval = "20ms", failures = 1, then = "shutdown" }
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  EXPECT_EQ(birl.wait_exit(), 1);
}

TEST_P(HealthTest, AWatchdogThatFallsSilentIsNoticed) {
  Instance birl({.config = R"(
[service.web]
health = { watchdog = true, interval = "500ms", failures = 1, then = "none" }
command = ["@ACTOR@", "notify-often", "@DIR@/silent", "WATCHDOG=1\nSTATUS=alive"]
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return text_in(birl.service("web"), "status") == "alive"; }));
  EXPECT_EQ(birl.service("web")["healthy"], true);
  write_text(birl.directory() / "silent", "");
  ASSERT_TRUE(eventually([&] { return birl.service("web")["healthy"] == false; }));
  EXPECT_THAT(text_in(birl.service("web"), "reason"), HasSubstr("no WATCHDOG=1 came"));
}

TEST(ProbeCommandTest, TellsByItsExitCode) {
  Instance birl({.config = "[service.web]\ncommand = [\"@ACTOR@\", \"wait\"]"});
  ASSERT_TRUE(birl.wait_state("web", "running"));
  EXPECT_EQ(birl.cli({"probe", "tcp", "unix:" + birl.socket_path()}).code, 0);
  const CommandResult refused = birl.cli({"probe", "tcp", "unix:/nobody/here"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("cannot reach unix:/nobody/here: "));
  EXPECT_EQ(birl.cli({"probe", "http", "https://localhost/"}).code, 2);
}

}  // namespace
}  // namespace support
