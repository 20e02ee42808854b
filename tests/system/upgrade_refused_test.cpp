// `birl upgrade` with a binary that is no good, or at a bad time: everything stays as it is.
// Covers supervisor/live_upgrade.h and supervisor/upgrade/upgrade_check.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/upgrade_support.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

class UpgradeRefusedTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, UpgradeRefusedTest, both_worlds(), name_of_world);

TEST_P(UpgradeRefusedTest, ABinaryThatIsNoGoodLeavesEverythingAsItIs) {
  Instance birl({.config = "[service.app]\nprimary = true\ncommand = [\"@ACTOR@\", \"wait\"]\n",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const Json app = birl.service("app");
  const auto router = birl.router_pid();
  write_text(birl.directory() / "text", "no program\n");
  const std::string alone = birl.directory() / "alone";
  std::filesystem::copy_file(birl_path(), alone);
  write_script(birl, "capture", "cat <&3 >@DIR@/state\nexit 1\n");
  struct Case {
    std::string binary;
    std::string said;
  };
  std::vector<Case> cases{{birl.directory() / "nothing", "no such file"},
                          {birl.directory() / "text", "permission denied"},
                          {"/bin/true", "is no birl that can take over: it exited with code 0"},
                          {"/bin/ls", "is no birl that can take over"},
                          {write_script(birl, "crash", "kill -SEGV $$\n"), "killed by signal 11"},
                          {write_script(birl, "fails", "echo has no libraries >&2\nexit 127\n"),
                           "exited with code 127 and said: has no libraries"},
                          {birl.directory() / "capture", "exited with code 1"}};
  if (exists(std::filesystem::path(birl_path()).parent_path() / "birl-router")) {
    cases.push_back({alone, "cannot find birl-router"});
  }
  for (const Case& bad : cases) {
    const CommandResult result = birl.cli({"upgrade", bad.binary});
    EXPECT_EQ(result.code, 1) << bad.binary;
    EXPECT_THAT(result.err, HasSubstr("cannot upgrade: ")) << bad.binary;
    EXPECT_THAT(result.err, HasSubstr(bad.said)) << bad.binary;
  }
  std::string state = read_text(birl.directory() / "state");
  ASSERT_GT(state.size(), 32U);
  state[8] = 9;
  write_text(birl.directory() / "newer", state);
  const CommandResult other =
      birl.cli({"upgrade", write_script(birl, "other",
                                        "exec 3<@DIR@/newer\nexec " + birl_path() + " \"$@\"\n")});
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, HasSubstr("of version 9"));
  state[8] = 1;
  state[200] = static_cast<char>(state[200] ^ 1);
  write_text(birl.directory() / "newer", state);
  EXPECT_THAT(birl.cli({"upgrade", birl.directory() / "other"}).err, HasSubstr("it is damaged"));

  EXPECT_EQ(birl.service("app")["pid"], app["pid"]);
  EXPECT_EQ(birl.service("app")["since"], app["since"]);
  EXPECT_EQ(birl.router_pid(), router);
  EXPECT_EQ(executable_of(birl), std::filesystem::canonical(birl_path()));
  expect_upgrade(birl, {write_script(birl, "wrapper", "exec " + birl_path() + " \"$@\"\n")});
  EXPECT_EQ(executable_of(birl), std::filesystem::canonical(birl_path()));
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

TEST_P(UpgradeRefusedTest, ABirlThatCannotTakeOverAfterAllKeepsTheServicesAndEndsProperly) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
[service.helper]
command = ["@ACTOR@", "wait"]
)",
                 .environment = {"BIRL_DEBUG_FAULTS=1", "BIRL_DEBUG_UPGRADE=fail"},
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "running") && birl.wait_state("helper", "running"));
  const auto app = birl.service_pid("app");
  const auto helper = birl.service_pid("helper");
  EXPECT_EQ(birl.cli({"upgrade"}).code, 1);
  EXPECT_TRUE(eventually([&] {
    return birl.stderr_text().find("the services run on, nothing is restarted") !=
           std::string::npos;
  }));
  EXPECT_THAT(birl.stderr_text(), HasSubstr("cannot take over: BIRL_DEBUG_UPGRADE"));
  EXPECT_TRUE(is_running(*app) && is_running(*helper));
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

TEST(UpgradeCheckTest, ACheckThatHangsIsGivenUpOn) {
  Instance birl({.config = "[service.app]\ncommand = [\"@ACTOR@\", \"wait\"]\n"});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const CommandResult result =
      birl.cli({"upgrade", write_script(birl, "hang", "exec sleep 1000\n")});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.err, HasSubstr("did not answer within 10 s"));
  EXPECT_TRUE(eventually([&] { return count_zombies(descendants(birl.pid())) == 0; }));
  EXPECT_EQ(birl.state("app"), "running");
}

TEST(UpgradeCheckTest, NotTwiceAtOnceAndAStopGoesBefore) {
  Instance birl({.config = R"(
[service.app]
command = ["@ACTOR@", "wait"]
)"});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const std::string hang = write_script(birl, "hang", "exec sleep 1000\n");
  const pid_t first = birl.begin_cli({"upgrade", hang}, STDOUT_FILENO);
  ASSERT_TRUE(eventually([&] { return descendants(birl.pid()).size() >= 3; }));
  ASSERT_TRUE(
      eventually([&] { return birl.cli({"upgrade"}).err.find("already") != std::string::npos; }));
  birl.signal(SIGTERM);
  EXPECT_EQ(birl.wait_exit(), 0);
  static_cast<void>(wait_exit(first, kPatience));
}

TEST(UpgradeCheckTest, AnEmptyOrRelativePathIsUsage) {
  Instance birl({.config = "[service.app]\ncommand = [\"@ACTOR@\", \"wait\"]\n"});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const auto answer = birl.request("upgrade some/where");
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(*answer, HasSubstr("is no absolute path"));
  EXPECT_EQ(birl.cli({"upgrade", "one", "two"}).code, 2);
}

}  // namespace
}  // namespace support
