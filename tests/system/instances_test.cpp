// Services with `instances`. Covers supervisor/config/instances.h, supervisor/control/cmd_scale.cpp
// and supervisor/control/request_instances.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

class InstancesTest : public WorldTest {
 protected:
  static std::string web(int count) {
    return "[service.web]\ncommand = [\"@ACTOR@\", \"wait\"]\ninstances = " +
           std::to_string(count) + "\n";
  }
  static std::set<std::string> names(const Instance& birl) {
    std::set<std::string> all;
    const Json status = birl.status();
    for (const Json& service : status["services"]) {
      all.insert(service["name"]);
    }
    return all;
  }
  static bool all_run(const Instance& birl, int count) {
    for (int number = 1; number <= count; ++number) {
      if (birl.state("web@" + std::to_string(number)) != "running") {
        return false;
      }
    }
    return names(birl).size() == static_cast<std::size_t>(count);
  }
  using Names = std::set<std::string>;
};

INSTANTIATE_TEST_SUITE_P(Worlds, InstancesTest, both_worlds(), name_of_world);

TEST_P(InstancesTest, EachIsAServiceAndKnowsItsNumber) {
  Instance birl({.config = R"(
[service.web]
type = "oneshot"
command = ["@ACTOR@", "env", "BIRL_SERVICE", "BIRL_INSTANCE"]
instances = 2
log = ["files"]
[sink.files]
type = "file"
path = "@DIR@/web.{instance}"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("web@1", "done"));
  ASSERT_TRUE(birl.wait_state("web@2", "done"));
  EXPECT_TRUE(eventually([&] {
    return read_text(birl.directory() / "web.1") == "BIRL_SERVICE=web@1\nBIRL_INSTANCE=1\n" &&
           read_text(birl.directory() / "web.2") == "BIRL_SERVICE=web@2\nBIRL_INSTANCE=2\n";
  }));
}

TEST_P(InstancesTest, TheNameMeansAllOfThem) {
  Instance birl({.config = web(2), .world = world()});
  ASSERT_TRUE(eventually([&] { return all_run(birl, 2); }));
  EXPECT_EQ(birl.cli({"stop", "web"}).code, 0);
  EXPECT_EQ(birl.state("web@1"), "stopped");
  EXPECT_EQ(birl.state("web@2"), "stopped");
  EXPECT_EQ(birl.cli({"start", "web@2"}).code, 0);
  EXPECT_EQ(birl.state("web@1"), "stopped");
  EXPECT_EQ(birl.state("web@2"), "running");
  EXPECT_EQ(birl.cli({"wait", "web", "--for", "ready", "--timeout", "10ms"}).code, 4);
  EXPECT_EQ(birl.cli({"start", "web"}).code, 0);
  EXPECT_EQ(birl.cli({"healthy", "web"}).code, 0);
  EXPECT_THAT(birl.cli({"status", "web"}).out, HasSubstr("web@1"));
  EXPECT_EQ(birl.cli({"signal", "KILL", "web"}).code, 0);
  EXPECT_TRUE(eventually([&] {
    return birl.service("web@1")["restarts"] == 1 && birl.service("web@2")["restarts"] == 1;
  }));
  EXPECT_EQ(birl.cli({"restart", "webb"}).code, 3);
}

TEST_P(InstancesTest, WhoRequiresTheNameWaitsForAll) {
  Instance birl({.config = R"(
[service.web]
command = "until test -e @DIR@/go.$BIRL_INSTANCE; do sleep 0.01; done; echo >&3; exec @ACTOR@ wait"
ready = { fd = 3 }
instances = 2
[service.front]
command = ["@ACTOR@", "wait"]
requires = ["web"]
)",
                 .world = world()});
  write_text(birl.directory() / "go.1", "");
  ASSERT_TRUE(birl.wait_state("web@1", "running"));
  ASSERT_TRUE(eventually([&] {
    return text_in(birl.service("front"), "reason") == "waits for web@2, which is starting";
  }));
  write_text(birl.directory() / "go.2", "");
  EXPECT_TRUE(birl.wait_state("front", "running"));
  EXPECT_EQ(birl.cli({"stop", "web"}).code, 0);
  EXPECT_EQ(birl.state("front"), "stopped");
}

TEST_P(InstancesTest, AreScaledWhileTheyRun) {
  Instance birl({.config = web(2), .world = world()});
  ASSERT_TRUE(eventually([&] { return all_run(birl, 2); }));
  const auto first = birl.service_pid("web@1");
  const auto third_pid = [&] { return birl.service_pid("web@3"); };
  ASSERT_EQ(birl.cli({"scale", "web", "3"}).code, 0);
  EXPECT_EQ(names(birl), (Names{"web@1", "web@2", "web@3"}));
  EXPECT_EQ(birl.state("web@3"), "running");
  EXPECT_TRUE(third_pid().has_value());
  ASSERT_EQ(birl.cli({"scale", "web", "1"}).code, 0);
  EXPECT_TRUE(eventually([&] { return all_run(birl, 1); }));
  EXPECT_EQ(birl.service_pid("web@1"), first) << "it was not touched";
  EXPECT_EQ(birl.cli({"scale", "web", "0"}).code, 2);
  EXPECT_EQ(birl.cli({"scale", "other", "2"}).code, 3);
}

TEST_P(InstancesTest, AReloadKeepsTheScaleUntilTheFileSaysAnother) {
  Instance birl({.config = web(2), .world = world()});
  ASSERT_TRUE(eventually([&] { return all_run(birl, 2); }));
  ASSERT_EQ(birl.cli({"scale", "web", "3"}).code, 0);
  birl.write_config(web(2) + "[birl]\nlog_level = \"debug\"\n");
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_TRUE(eventually([&] { return all_run(birl, 3); }));
  birl.write_config(web(1));
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_TRUE(eventually([&] { return all_run(birl, 1); }));
}

TEST_P(InstancesTest, OnlyWhoHasInstancesIsScaled) {
  Instance birl({.config = "[service.one]\ncommand = [\"@ACTOR@\", \"wait\"]\n", .world = world()});
  ASSERT_TRUE(birl.wait_state("one", "running"));
  const CommandResult refused = birl.cli({"scale", "one", "2"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("it has no `instances`"));
}

}  // namespace
}  // namespace support
