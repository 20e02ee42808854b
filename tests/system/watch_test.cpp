// `watch`: a service reloads or restarts when files of its change. Covers supervisor/path_watch.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

/// It says `up` when it is up and `reloaded` at each HUP.
std::string reloading(const std::string& watch) {
  return R"(
[service.app]
command = "trap 'echo reloaded >> @DIR@/told' HUP; echo up >> @DIR@/told; while :; do sleep 60 & wait; done"
stop = { to = "group" }
)" + watch;
}

std::string told(const Instance& birl) {
  return read_text(birl.directory() / "told");
}

class WatchTest : public WorldTest {
 protected:
  static void replace(const Instance& birl, const std::string& text) {
    write_text(birl.directory() / "conf.new", text);
    std::filesystem::rename(birl.directory() / "conf.new", birl.directory() / "conf");
  }
};

INSTANTIATE_TEST_SUITE_P(Worlds, WatchTest, both_worlds(), name_of_world);

/// The watches are set beside the start. A test that acts has to know that they are.
bool is_watched(const Instance& birl) {
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(birl.pid()) + "/fdinfo")) {
    if (read_text(entry.path()).find("inotify wd:") != std::string::npos) {
      return true;
    }
  }
  return false;
}

TEST_P(WatchTest, AReplacedFileReloads) {
  Instance birl({.config = reloading("watch = { paths = [\"@DIR@/conf\"], debounce = \"50ms\" }\n"),
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return told(birl) == "up\n" && is_watched(birl); }));
  replace(birl, "1");
  EXPECT_TRUE(eventually([&] { return told(birl) == "up\nreloaded\n"; })) << told(birl);
  replace(birl, "2");
  EXPECT_TRUE(eventually([&] { return told(birl) == "up\nreloaded\nreloaded\n"; })) << told(birl);
}

TEST_P(WatchTest, AChangeMayRestart) {
  Instance birl({.config = R"(
[service.app]
command = ["@ACTOR@", "wait"]
watch = { paths = ["@DIR@/conf"], then = "restart", debounce = "50ms" }
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return birl.state("app") == "running" && is_watched(birl); }));
  const auto pid = birl.service_pid("app");
  replace(birl, "1");
  EXPECT_TRUE(eventually([&] {
    const auto now = birl.service_pid("app");
    return now && now != pid;
  }));
  EXPECT_EQ(birl.service("app")["restarts"], 0);
}

TEST_P(WatchTest, ABurstIsOneReload) {
  Instance birl(
      {.config = reloading("watch = { paths = [\"@DIR@/conf\"], debounce = \"300ms\" }\n"),
       .world = world()});
  ASSERT_TRUE(eventually([&] { return told(birl) == "up\n" && is_watched(birl); }));
  for (int i = 0; i < 20; ++i) {
    replace(birl, std::to_string(i));
  }
  EXPECT_TRUE(eventually([&] { return told(birl) == "up\nreloaded\n"; })) << told(birl);
  EXPECT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_EQ(told(birl), "up\nreloaded\n");
}

/// The check that runs may have seen what was there before.
TEST_P(WatchTest, AChangeDuringAReloadReloadsOnceMore) {
  Instance birl({.config = reloading(R"(
reload = { check = "echo check >> @DIR@/checks; until test -e @DIR@/go; do sleep 0.01; done" }
watch = { paths = ["@DIR@/conf"], debounce = "50ms" }
)"),
                 .world = world()});
  const auto checks = [&] { return read_text(birl.directory() / "checks"); };
  const auto changes = [&] {
    return testing::Matches(testing::ContainsRegex("has changed.*\n.*has changed"))(
        birl.stderr_text());
  };
  ASSERT_TRUE(eventually([&] { return told(birl) == "up\n" && is_watched(birl); }));
  replace(birl, "1");
  ASSERT_TRUE(eventually([&] { return checks() == "check\n"; }));
  replace(birl, "2");
  ASSERT_TRUE(eventually(changes)) << birl.stderr_text();
  write_text(birl.directory() / "go", "");
  EXPECT_TRUE(eventually([&] { return checks() == "check\ncheck\n"; })) << checks();
  EXPECT_TRUE(eventually([&] { return told(birl).find("reloaded") != std::string::npos; }));
}

/// It had read its files, and was not ready, when one changed.
TEST_P(WatchTest, AChangeDuringAStartReloadsOnceItRuns) {
  Instance birl({.config = "[birl]\nlog_level = \"debug\"\n" + reloading(R"(
ready = { file = "@DIR@/go", interval = "20ms" }
watch = { paths = ["@DIR@/conf"], debounce = "50ms" }
)"),
                 .world = world()});
  const auto is_put_off = [&] {
    return birl.stderr_text().find("put off until it runs") != std::string::npos;
  };
  ASSERT_TRUE(eventually([&] { return told(birl) == "up\n" && is_watched(birl); }));
  ASSERT_EQ(birl.state("app"), "starting");
  replace(birl, "1");
  ASSERT_TRUE(eventually(is_put_off)) << birl.stderr_text();
  write_text(birl.directory() / "go", "");
  EXPECT_TRUE(eventually([&] { return told(birl) == "up\nreloaded\n"; })) << told(birl);
}

/// The next start reads what is there then: nothing is left to tell.
TEST_P(WatchTest, AChangePutOffIsForgottenByTheNextStart) {
  Instance birl({.config = "[birl]\nlog_level = \"debug\"\n" + reloading(R"(
ready = { file = "@DIR@/go", interval = "20ms" }
watch = { paths = ["@DIR@/conf"], debounce = "50ms" }
backoff = { initial = "1ms" }
)"),
                 .world = world()});
  const auto is_put_off = [&] {
    return birl.stderr_text().find("put off until it runs") != std::string::npos;
  };
  ASSERT_TRUE(eventually([&] { return told(birl) == "up\n" && is_watched(birl); }));
  replace(birl, "1");
  ASSERT_TRUE(eventually(is_put_off)) << birl.stderr_text();
  ASSERT_EQ(birl.cli({"signal", "KILL", "app"}).code, 0);
  ASSERT_TRUE(eventually([&] { return told(birl) == "up\nup\n"; })) << told(birl);
  write_text(birl.directory() / "go", "");
  ASSERT_TRUE(eventually([&] { return birl.state("app") == "running"; }));
  replace(birl, "2");
  EXPECT_TRUE(eventually([&] { return told(birl).ends_with("reloaded\n"); }));
  EXPECT_EQ(told(birl), "up\nup\nreloaded\n");
}

TEST_P(WatchTest, AReloadOfTheConfigurationMayBeginAndEndIt) {
  Instance birl({.config = reloading(""), .world = world()});
  ASSERT_TRUE(eventually([&] { return told(birl) == "up\n"; }));
  birl.write_config(reloading("watch = { paths = [\"@DIR@/conf\"], debounce = \"50ms\" }\n"));
  ASSERT_EQ(birl.cli({"reload"}).out, "updated without a restart: app\n");
  ASSERT_TRUE(eventually([&] { return is_watched(birl); }));
  replace(birl, "1");
  EXPECT_TRUE(eventually([&] { return told(birl) == "up\nreloaded\n"; }));
  birl.write_config(reloading(""));
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_FALSE(is_watched(birl));
}

}  // namespace
}  // namespace support
