// What a service leaves behind is found and killed when it is stopped.
// Covers supervisor/sweeper.h and supervisor/service_cgroups.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

class SweepTest : public WorldTest {
 protected:
  /// Where /proc is the test's too, the pid in `file` is that of our namespace.
  static std::optional<pid_t> escaped(const Instance& birl, const std::string& name = "pid") {
    const std::string text = read_text(birl.directory() / name);
    if (text.empty()) {
      return std::nullopt;
    }
    const pid_t inner = static_cast<pid_t>(std::stol(text));
    for (const ProcessInfo& process : descendants(birl.pid())) {
      if (process.inner_pid == inner) {
        return process.pid;
      }
    }
    return std::nullopt;
  }
  static std::string escaping(const std::string& more = "") {
    return "[service.app]\ncommand = [\"@ACTOR@\", \"escape\", \"@DIR@/pid\"" + more + "]\n";
  }
};

INSTANTIATE_TEST_SUITE_P(Worlds, SweepTest, both_worlds(), name_of_world);

TEST_P(SweepTest, AStopTakesWhatHasEscaped) {
  Instance birl({.config = escaping(), .world = world()});
  ASSERT_TRUE(eventually([&] { return escaped(birl).has_value(); }));
  const pid_t pid = *escaped(birl);
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_FALSE(is_running(pid));
  EXPECT_EQ(birl.status()["orphans"], Json::array());
}

TEST_P(SweepTest, ARestartByHandTakesItTooAndACrashDoesNot) {
  Instance birl({.config = escaping() + "backoff = { initial = \"1ms\" }\n", .world = world()});
  ASSERT_TRUE(eventually([&] { return escaped(birl).has_value(); }));
  const pid_t first = *escaped(birl);
  ASSERT_EQ(::kill(*birl.service_pid("app"), SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return escaped(birl).value_or(first) != first; }));
  EXPECT_TRUE(is_running(first));
  const pid_t second = *escaped(birl);
  ASSERT_EQ(birl.cli({"restart", "app"}).code, 0);
  EXPECT_FALSE(is_running(first));
  EXPECT_FALSE(is_running(second));
}

TEST_P(SweepTest, AnotherUsersProcessIsFoundByItsMarker) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "another user needs root";
  }
  Instance birl({.config = escaping() + "user = \"65534\"\ndirectories = [{ path = \"@DIR@\" }]\n",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return escaped(birl).has_value(); }));
  const pid_t pid = *escaped(birl);
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_FALSE(is_running(pid));
}

TEST_P(SweepTest, WhoHasNoMarkIsAnOrphanUntilTheEnd) {
  Instance birl({.config = "[birl]\ncgroups = false\n" + escaping(", \"clean\"") + R"(
[service.other]
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return escaped(birl).has_value(); }));
  const pid_t pid = *escaped(birl);
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_TRUE(is_running(pid));
  const Json orphans = birl.status()["orphans"];
  ASSERT_EQ(orphans.size(), 1U);
  EXPECT_THAT(text_in(orphans[0], "command"), HasSubstr("/bin/sh"));
  EXPECT_THAT(birl.cli({"status"}).out, HasSubstr("belongs to no service"));
  EXPECT_EQ(birl.state("other"), "running");
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_FALSE(is_running(pid));
}

/// The cgroup of version 2 that a process lives in, as its reader sees the tree; empty: none that
/// birl could have made.
std::string cgroup_of(pid_t pid) {
  for (const std::string& line : lines_of(read_text("/proc/" + std::to_string(pid) + "/cgroup"))) {
    if (line.starts_with("0::") && line.find("/birl.") != std::string::npos) {
      return line.substr(3);
    }
  }
  return "";
}

std::string parent_of(const std::string& cgroup) {
  return cgroup.substr(0, cgroup.rfind('/'));
}

bool is_there(const std::string& cgroup) {
  return exists("/sys/fs/cgroup" + cgroup) || exists("/sys/fs/cgroup/unified" + cgroup);
}

/// Neither session nor environment nor pipe tells whose it is; the cgroup does, where there is one.
TEST_P(SweepTest, ACgroupTakesWhoHasNoMark) {
  Instance birl({.config = escaping(", \"clean\""), .world = world()});
  ASSERT_TRUE(eventually([&] { return escaped(birl).has_value(); }));
  const pid_t pid = *escaped(birl);
  const std::string cgroup = cgroup_of(*birl.service_pid("app"));
  if (cgroup.empty() || !is_there(cgroup)) {
    GTEST_SKIP() << "no cgroup of version 2 can be made here";
  }
  EXPECT_EQ(cgroup_of(pid), cgroup);
  EXPECT_EQ(cgroup_of(birl.pid()), "") << "birl stays where it was";
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_FALSE(is_running(pid));
  EXPECT_EQ(birl.status()["orphans"], Json::array());
  EXPECT_TRUE(eventually([&] { return !is_there(cgroup); })) << cgroup;
  ASSERT_EQ(birl.cli({"start", "app"}).code, 0);
  const std::string next = cgroup_of(*birl.service_pid("app"));
  EXPECT_NE(next, cgroup);
  EXPECT_EQ(parent_of(next), parent_of(cgroup));
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_FALSE(is_there(parent_of(parent_of(cgroup)))) << "nothing is left at the end";
}

TEST_P(SweepTest, OthersKeepTheirs) {
  Instance birl({.config = escaping() + R"(
[service.other]
command = ["@ACTOR@", "escape", "@DIR@/other"]
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return escaped(birl) && escaped(birl, "other"); }));
  const pid_t pid = *escaped(birl);
  const pid_t other = *escaped(birl, "other");
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_FALSE(is_running(pid));
  EXPECT_TRUE(is_running(other));
  EXPECT_EQ(birl.status()["orphans"], Json::array()) << "it is other's";
}

}  // namespace
}  // namespace support
