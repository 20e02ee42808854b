// Services that depend on one another: starts in order, failures with a reason, stops in reverse.
// Covers supervisor/machine/fleet_order.cpp and supervisor/instance_open.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A shell that writes its name when it starts, is ready then, and writes it when it is told to
/// stop.
std::string told_service(const std::string& name, const std::string& keys) {
  return "[service." + name + "]\n" + keys + R"(
ready = { fd = 3 }
stop = { to = "process" }
command = "trap 'echo stop )" +
         name + R"( >> @DIR@/told; exit 0' TERM; echo start )" + name +
         R"( >> @DIR@/told; echo >&3; while :; do sleep 60 & wait; done"
)";
}

std::vector<std::string> told(const Instance& birl) {
  return lines_of(read_text(birl.directory() / "told"));
}

class OrderTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, OrderTest, both_worlds(), name_of_world);

TEST_P(OrderTest, AFailedOneshotKeepsWhoRequiresItDown) {
  Instance birl({.config = R"(
[service.migrate]
type = "oneshot"
command = ["@ACTOR@", "exit", "3"]
[service.web]
requires = ["migrate"]
command = ["@ACTOR@", "count-run", "@DIR@/runs", "0"]
[service.cron]
after = ["migrate"]
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("migrate", "failed"));
  ASSERT_TRUE(birl.wait_state("cron", "running"));
  EXPECT_EQ(birl.state("web"), "waiting");
  EXPECT_EQ(text_in(birl.service("web"), "reason"),
            "requires migrate, which has failed: exited with code 3");
  EXPECT_EQ(birl.cli({"healthy", "web"}).code, 1);
  EXPECT_FALSE(exists(birl.directory() / "runs"));
}

TEST_P(OrderTest, AOneshotComesBeforeWhatRequiresIt) {
  Instance birl({.config = R"(
[service.migrate]
type = "oneshot"
command = "echo migrated >> @DIR@/told"
[service.web]
requires = ["migrate"]
command = "echo web >> @DIR@/told; exec @ACTOR@ wait"
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return told(birl).size() == 2; }));
  EXPECT_THAT(told(birl), ElementsAre("migrated", "web"));
  EXPECT_EQ(birl.cli({"healthy"}).code, 0);
}

TEST_P(OrderTest, WhatIsRequiredIsStartedByHandToo) {
  Instance birl({.config = R"(
[service.db]
start = "manual"
command = ["@ACTOR@", "wait"]
[service.web]
start = "manual"
requires = ["db"]
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("web", "stopped"));
  EXPECT_EQ(birl.cli({"start", "web"}).code, 0);
  EXPECT_EQ(birl.state("db"), "running");
  EXPECT_EQ(birl.cli({"stop", "db"}).code, 0);
  EXPECT_EQ(birl.state("web"), "stopped");
  EXPECT_THAT(text_in(birl.service("web"), "reason"), HasSubstr("requires db"));
}

TEST_P(OrderTest, ACrashOfWhatIsRequiredDisturbsNobody) {
  Instance birl({.config = R"(
[service.db]
command = ["@ACTOR@", "wait"]
[service.web]
requires = ["db"]
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("web", "running"));
  const auto web = birl.service_pid("web");
  const auto db = birl.service_pid("db");
  ASSERT_TRUE(web && db);
  ASSERT_EQ(::kill(*db, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] {
    const auto now = birl.service_pid("db");
    return now && *now != *db && birl.state("db") == "running";
  }));
  EXPECT_EQ(birl.service_pid("web"), web);
}

TEST_P(OrderTest, WhenThePrimaryGivesUpTheOthersStopInReverseAndItsCodeIsTheEnd) {
  Instance birl({.config = told_service("db", "") + told_service("cache", "after = [\"db\"]") + R"(
[service.app]
primary = true
requires = ["db", "cache"]
command = "mkfifo @DIR@/go; read x < @DIR@/go; exit 7"
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return told(birl).size() == 2; }));
  EXPECT_THAT(told(birl), ElementsAre("start db", "start cache"));
  ASSERT_TRUE(birl.wait_state("app", "running"));
  ASSERT_TRUE(eventually([&] { return exists(birl.directory() / "go"); }));
  write_text(birl.directory() / "go", "x\n");
  EXPECT_EQ(birl.wait_exit(), 7);
  EXPECT_THAT(told(birl), ElementsAre("start db", "start cache", "stop cache", "stop db"));
}

TEST_P(OrderTest, AShutdownStopsInReverseOrder) {
  Instance birl({.config = told_service("db", "") + told_service("web", "requires = [\"db\"]") +
                           told_service("nginx", "requires = [\"web\"]"),
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return told(birl).size() == 3; }));
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_THAT(told(birl), ElementsAre("start db", "start web", "start nginx", "stop nginx",
                                      "stop web", "stop db"));
}

TEST(OrderOnceTest, ACycleIsToldInFull) {
  Instance birl({.config = R"(
[service.a]
requires = ["b"]
command = ["true"]
[service.b]
after = ["a"]
command = ["true"]
)"});
  EXPECT_EQ(birl.wait_exit(), 2);
  EXPECT_THAT(birl.stderr_text(), HasSubstr("a waits for b"));
  EXPECT_THAT(birl.stderr_text(), HasSubstr("b waits for a"));
}

}  // namespace
}  // namespace support
