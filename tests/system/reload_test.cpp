// `birl reload` and SIGHUP: only what has changed is touched, and no line is lost on the way.
// Covers supervisor/instance_reload.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "tests/support/instance.h"
#include "tests/support/paths.h"
#include "tests/support/proc.h"
#include "tests/system/delivery.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

std::string service(const std::string& name, const std::string& keys = "") {
  return "[service." + name + "]\ncommand = [\"@ACTOR@\", \"wait\"]\n" + keys + "\n";
}

std::string file_sink(const std::string& name, const std::string& path) {
  return "[sink." + name + "]\ntype = \"file\"\npath = \"" + path + "\"\n";
}

CommandResult reload(const Instance& birl, const std::string& config) {
  birl.write_config(config);
  return birl.cli({"reload"});
}

class ReloadTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, ReloadTest, both_worlds(), name_of_world);

TEST_P(ReloadTest, OfThreeServicesOnlyTheChangedOneGetsAnotherProcess) {
  Instance birl({.config = service("a") + service("b") + service("c"), .world = world()});
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(birl.wait_state(name, "running"));
  }
  const auto a = birl.service_pid("a");
  const auto b = birl.service_pid("b");
  const auto c = birl.service_pid("c");
  const auto router = birl.router_pid();
  const CommandResult result = reload(
      birl, service("a") + service("b", "environment = {A = \"1\"}") + service("c", "nice = 0"));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "restarted: b c\n");
  EXPECT_EQ(birl.service_pid("a"), a);
  EXPECT_NE(birl.service_pid("b"), b);
  EXPECT_NE(birl.service_pid("c"), c);
  EXPECT_EQ(birl.router_pid(), router) << "nothing of its business has changed";
  EXPECT_EQ(birl.state("b"), "running");
  EXPECT_EQ(birl.service("b")["restarts"], 0) << "nobody crashed";
}

TEST_P(ReloadTest, AWrongConfigurationChangesNothing) {
  Instance birl({.config = service("a"), .world = world()});
  ASSERT_TRUE(birl.wait_state("a", "running"));
  const auto pid = birl.service_pid("a");
  const CommandResult result = reload(birl, service("a", "nise = 3") + service("b"));
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("nothing was changed"));
  EXPECT_THAT(result.err, HasSubstr("did you mean nice?"));
  EXPECT_EQ(birl.service_pid("a"), pid);
  EXPECT_EQ(birl.state("b"), "");
}

TEST_P(ReloadTest, HangupReloads) {
  Instance birl({.config = service("a"), .world = world()});
  ASSERT_TRUE(birl.wait_state("a", "running"));
  birl.write_config(service("a") + service("b"));
  birl.signal(SIGHUP);
  EXPECT_TRUE(birl.wait_state("b", "running"));
}

TEST_P(ReloadTest, ARemovedServiceEndsByItsOldRulesAndAnAddedOneStarts) {
  Instance birl({.config = service("keeps") + R"(
[service.old]
command = "trap 'echo told >> @DIR@/told; exit 0' INT; while :; do sleep 60 & wait; done"
stop = { signal = "INT", to = "process" }
on_exit = "echo tidied >> @DIR@/told"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("old", "running"));
  const CommandResult result =
      reload(birl, service("keeps") + service("young", "requires = [\"keeps\"]"));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "added: young\nremoved: old\n");
  EXPECT_TRUE(birl.wait_state("young", "running"));
  EXPECT_TRUE(eventually([&] { return birl.state("old").empty(); }));
  EXPECT_EQ(read_text(birl.directory() / "told"), "told\ntidied\n");
  EXPECT_EQ(birl.cli({"restart", "old"}).code, 3);
  EXPECT_EQ(birl.cli({"status", "young"}).code, 0);
}

TEST_P(ReloadTest, WhatWaitsForARestartIsToldEachTimeAndTakenByNobody) {
  Instance birl({.config = service("a"), .world = world()});
  ASSERT_TRUE(birl.wait_state("a", "running"));
  const std::string other = service("a", "ring = { size = \"256KiB\" }");
  const std::string told = "waits until birl starts again: service.a.ring\n";
  EXPECT_EQ(reload(birl, other).out, told);
  EXPECT_EQ(reload(birl, other).out, told);
  EXPECT_EQ(reload(birl, service("a")).out, "nothing has changed\n");
}

TEST_P(ReloadTest, TheControlSocketAndStdioFollow) {
  Instance birl({.config = service("a"), .world = world()});
  ASSERT_TRUE(birl.wait_state("a", "running"));
  const auto mode = [&] {
    struct stat status {};
    return ::stat(birl.socket_path().c_str(), &status) == 0 ? status.st_mode & 0777U : 0U;
  };
  EXPECT_EQ(mode(), 0600U);
  const std::string control = "[birl]\ncontrol = { mode = \"0660\" }\n";
  EXPECT_EQ(reload(birl, control + service("a")).out, "in effect: birl.control\n");
  EXPECT_EQ(mode(), 0660U);
  const CommandResult refused =
      reload(birl, "[birl]\ncontrol = { group = \"nobody-has-this\" }\n" + service("a"));
  EXPECT_NE(refused.code, 0);
  EXPECT_EQ(mode(), 0660U);
  const std::string talker = "[service.a]\ncommand = \"echo hello from a; exec sleep 1000\"\n";
  EXPECT_EQ(reload(birl, control + talker).out, "restarted: a\n");
  const CommandResult result = reload(birl, control + talker + "stdio = \"inherit\"\n");
  EXPECT_EQ(result.out, "restarted: a\n") << result.err;
  const std::string own = "/proc/" + std::to_string(birl.pid()) + "/fd/1";
  const std::string its = "/proc/" + std::to_string(*birl.service_pid("a")) + "/fd/1";
  EXPECT_EQ(std::filesystem::read_symlink(its), std::filesystem::read_symlink(own));
}

TEST_P(ReloadTest, ManyTimesLeavesNothingBehind) {
  Instance birl({.config = service("a"), .world = world()});
  ASSERT_TRUE(birl.wait_state("a", "running"));
  const auto round = [&](const std::string& more) {
    ASSERT_EQ(reload(birl, service("a") + more).code, 0);
    ASSERT_TRUE(eventually([&] { return birl.service("a")["ready"] == true; }));
  };
  const std::string other = service("b") + file_sink("files", "@DIR@/b.log");
  round(other);
  round("");
  const std::size_t descriptors = count_descriptors(birl.pid());
  for (int i = 0; i < 10; ++i) {
    round(other);
    round("");
  }
  const std::size_t in_passing = 4;  // a client that goes, a router that comes
  EXPECT_TRUE(eventually([&] { return count_descriptors(birl.pid()) <= descriptors + in_passing; }))
      << count_descriptors(birl.pid()) << " instead of " << descriptors;
}

TEST(ReloadLogsTest, EveryLineArrivesOnceWhileSinksComeAndGo) {
  const DeliveryPlan plan{.lines = 50'000 * test_scale()};
  const InstanceOptions options = make_delivery(plan);
  Instance birl(options);
  ASSERT_TRUE(birl.wait_state("app", "running"));
  for (int reloads = 0; reloads < 10; ++reloads) {
    const std::string more = reloads % 2 == 0 ? file_sink("more", "@DIR@/more") : "";
    ASSERT_EQ(reload(birl, options.config + more).code, 0);
  }
  ASSERT_TRUE(eventually([&] { return delivery_finished(birl, plan); }, 100s));
  expect_delivered(birl, plan);
  EXPECT_EQ(birl.status()["router"]["restarts"], 0);
}

TEST(ReloadLogsTest, AServiceGetsAnotherSinkWithoutARestart) {
  const std::string talker = R"(
[service.a]
command = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done"
)";
  Instance birl({.config = talker + "log = [\"one\"]\n" + file_sink("one", "@DIR@/one")});
  ASSERT_TRUE(eventually([&] { return !read_text(birl.directory() / "one").empty(); }));
  const auto pid = birl.service_pid("a");
  const CommandResult result =
      reload(birl, talker + "log = [\"two\"]\n" + file_sink("one", "@DIR@/one") +
                       file_sink("two", "@DIR@/two"));
  EXPECT_EQ(result.out, "updated without a restart: a\nsinks: two\n") << result.err;
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "two").size() > 10; }));
  EXPECT_EQ(birl.service_pid("a"), pid);
  EXPECT_EQ(birl.cli({"stop", "a"}).code, 0);
  ASSERT_TRUE(eventually([&] { return birl.sink("two")["buffered"] == 0; }));
  // What the first one had not got when it lost the service went to it all the same.
  const auto lines =
      lines_of(read_text(birl.directory() / "one") + read_text(birl.directory() / "two"));
  for (std::size_t index = 0; index < lines.size(); ++index) {
    ASSERT_EQ(lines[index], std::to_string(index + 1));
  }
  expect_exact_ledger(birl);
}

}  // namespace
}  // namespace support
