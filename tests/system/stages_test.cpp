// Scripts around the services: init, before_stop, finish, and what they hand on.
// Covers supervisor/stage_runner.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// A directory with init.d, before_stop.d and finish.d, and the tables that name them.
class Scripts {
 public:
  Scripts() {
    for (const char* name : {"init.d", "before_stop.d", "finish.d"}) {
      std::filesystem::create_directory(directory_ / name);
    }
  }

  void add(const std::string& name, const std::string& text, unsigned mode = 0755) const {
    const std::string path = directory_ / name;
    write_text(path, text);
    ::chmod(path.c_str(), mode);
  }
  [[nodiscard]] std::string tables(const std::string& init_keys = "",
                                   const std::string& finish_keys = "") const {
    return "[init]\nscripts = \"" + (directory_ / "init.d") + "\"\n" + init_keys +
           "\n[finish]\nscripts = \"" + (directory_ / "finish.d") + "\"\nbefore_stop = \"" +
           (directory_ / "before_stop.d") + "\"\n" + finish_keys + "\n";
  }
  [[nodiscard]] std::string at(const std::string& name) const { return directory_ / name; }

 private:
  TempDirectory directory_;
};

class StagesTest : public WorldTest {
 protected:
  Scripts scripts_;
};

INSTANTIATE_TEST_SUITE_P(Worlds, StagesTest, both_worlds(), name_of_world);

constexpr const char* kWaiting = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "trap", "@DIR@/app"]
)";

TEST_P(StagesTest, ScriptsRunInOrderAroundTheServices) {
  scripts_.add("init.d/10-first", "#!/bin/sh\necho init one\n");
  scripts_.add("init.d/20-second", "echo init two\n", 0644);
  scripts_.add("init.d/15-skipped~", "#!/bin/sh\necho never\n");
  scripts_.add("before_stop.d/10", "#!/bin/sh\nkill -0 $(cat \"$PIDFILE\") && echo app answers\n");
  scripts_.add("finish.d/10",
               "#!/bin/sh\nkill -0 $(cat \"$PIDFILE\") 2>/dev/null || echo app is gone\n");
  Instance birl({.config = scripts_.tables() + R"(
[service.app]
primary = true
command = "echo $$ > $PIDFILE; echo app runs; trap 'exit 0' TERM; echo ready > @DIR@/ready; while :; do sleep 0.1; done"
)",
                 .environment = {"PIDFILE=" + scripts_.at("pid")},
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "ready") == "ready\n"; }));
  EXPECT_EQ(birl.stop(), 0);
  // The console promises no order between services; the scripts' own conditions show theirs.
  EXPECT_THAT(lines_of(birl.stdout_text()), UnorderedElementsAre("init one", "init two", "app runs",
                                                                 "app answers", "app is gone"));
}

TEST_P(StagesTest, AnInitScriptHandsVariablesOn) {
  scripts_.add("init.d/10",
               "#!/bin/sh\nprintf 'from init\\n$x \"%%\\n' > $BIRL_ENVIRONMENT/GIVEN\n"
               "printf '' > $BIRL_ENVIRONMENT/EMPTY\n");
  scripts_.add("init.d/20", "#!/bin/sh\n[ -n \"$GIVEN\" ] && echo seen by the next script\n");
  scripts_.add("finish.d/10", "#!/bin/sh\n[ -n \"$GIVEN\" ] && echo seen by finish\n");
  Instance birl({.config = scripts_.tables() + R"(
[service.app]
primary = true
command = ["@ACTOR@", "env", "GIVEN", "EMPTY", "BIRL_ENVIRONMENT"]
)",
                 .environment = {"EMPTY=container"},
                 .world = world()});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_THAT(birl.stdout_text(), HasSubstr("GIVEN=from init\n$x \"%\n\nEMPTY=\n"
                                            "BIRL_ENVIRONMENT is not set\n"));
  EXPECT_THAT(birl.stdout_text(), HasSubstr("seen by the next script\n"));
  EXPECT_THAT(birl.stdout_text(), HasSubstr("seen by finish\n"));
}

TEST_P(StagesTest, AFailedInitScriptEndsTheContainerWithItsCode) {
  scripts_.add("init.d/10", "#!/bin/sh\necho broken >&2; exit 42\n");
  scripts_.add("init.d/20", "#!/bin/sh\necho never\n");
  scripts_.add("finish.d/10", "#!/bin/sh\necho tidied\n");
  Instance birl({.config = scripts_.tables() + kWaiting, .world = world()});
  EXPECT_EQ(birl.wait_exit(), 42);
  EXPECT_EQ(birl.stdout_text(), "tidied\n");
  EXPECT_THAT(birl.stderr_text(), HasSubstr("init: 10 exited with code 42"));
}

TEST_P(StagesTest, WithContinueTheServicesStartAnyway) {
  scripts_.add("init.d/10", "#!/bin/sh\nexit 42\n");
  scripts_.add("init.d/20", "#!/bin/sh\necho two\n");
  Instance birl({.config = scripts_.tables("on_failure = \"continue\"") + R"(
[service.app]
primary = true
command = ["@ACTOR@", "say", "three"]
)",
                 .world = world()});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_THAT(lines_of(birl.stdout_text()), UnorderedElementsAre("two", "three"));
}

TEST_P(StagesTest, AnInitScriptThatTakesTooLongIsStopped) {
  scripts_.add("init.d/10", "#!/bin/sh\nexec sleep 1000\n");
  Instance birl({.config = scripts_.tables("timeout = \"300ms\"") + kWaiting, .world = world()});
  EXPECT_EQ(birl.wait_exit(), 128 + SIGTERM);
  EXPECT_THAT(birl.stderr_text(), HasSubstr("init: 10 took too long"));
}

TEST_P(StagesTest, AStopIsObeyedInTheMiddleOfAnInitScript) {
  scripts_.add("init.d/10", "#!/bin/sh\necho started > $MARK; exec sleep 1000\n");
  scripts_.add("finish.d/10", "#!/bin/sh\necho tidied\n");
  Instance birl({.config = "[birl]\nshutdown_timeout = \"10m\"\n" + scripts_.tables() + kWaiting,
                 .environment = {"MARK=" + scripts_.at("mark")},
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return read_text(scripts_.at("mark")) == "started\n"; }));
  EXPECT_EQ(birl.stop(), 0) << "no primary has run";
  EXPECT_EQ(birl.stdout_text(), "tidied\n");
  EXPECT_FALSE(exists(birl.directory() / "app"));
}

TEST_P(StagesTest, ADeafInitScriptIsKilledWithinTheBudget) {
  scripts_.add("init.d/10",
               "#!/bin/sh\ntrap '' TERM\necho started > $MARK\nwhile :; do sleep 1; done\n");
  Instance birl({.config = "[birl]\nshutdown_timeout = \"1s\"\n" + scripts_.tables() + kWaiting,
                 .environment = {"MARK=" + scripts_.at("mark")},
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return read_text(scripts_.at("mark")) == "started\n"; }));
  EXPECT_EQ(birl.stop(), 0);
}

TEST_P(StagesTest, ASecondTermHurriesAFinishScript) {
  scripts_.add("finish.d/10",
               "#!/bin/sh\ntrap '' TERM\necho started > $MARK\n"
               "while :; do sleep 1; done\n");
  Instance birl({.config = "[birl]\nshutdown_timeout = \"20m\"\n" + scripts_.tables() + kWaiting,
                 .environment = {"MARK=" + scripts_.at("mark")},
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "app") == "ready\n"; }));
  birl.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return read_text(scripts_.at("mark")) == "started\n"; }));
  birl.signal(SIGTERM);
  EXPECT_EQ(birl.wait_exit(), 0);
}

TEST_P(StagesTest, AFailedFinishScriptDoesNotHideThePrimarysCode) {
  scripts_.add("finish.d/10", "#!/bin/sh\nexit 5\n");
  Instance failing({.config = scripts_.tables() + R"(
[service.app]
primary = true
command = ["@ACTOR@", "exit", "3"]
)",
                    .world = world()});
  EXPECT_EQ(failing.wait_exit(), 3);
  Instance fine({.config = scripts_.tables() + R"(
[service.app]
primary = true
command = ["@ACTOR@", "exit", "0"]
)",
                 .world = world()});
  EXPECT_EQ(fine.wait_exit(), 5);
}

TEST_P(StagesTest, ValuesOfAnEarlierBootAreGone) {
  Scripts first;
  first.add("init.d/10", "#!/bin/sh\necho -n old > $BIRL_ENVIRONMENT/OLD\n");
  const TempDirectory runtime;
  const std::string birl_table = "[birl]\nruntime_directory = \"" + (runtime / "run") + "\"\n";
  const std::string service =
      "[service.app]\nprimary = true\ncommand = [\"@ACTOR@\", \"env\", \"OLD\"]\n";
  Instance before({.config = birl_table + first.tables() + service, .world = world()});
  EXPECT_EQ(before.wait_exit(), 0);
  EXPECT_EQ(before.stdout_text(), "OLD=old\n");
  Instance after({.config = birl_table + scripts_.tables() + service, .world = world()});
  EXPECT_EQ(after.wait_exit(), 0);
  EXPECT_EQ(after.stdout_text(), "OLD is not set\n");
}

TEST_P(StagesTest, StatusSaysThatItIsStarting) {
  scripts_.add("init.d/10", "#!/bin/sh\nexec sleep 1000\n");
  Instance birl({.config = scripts_.tables() + kWaiting, .world = world()});
  ASSERT_TRUE(eventually([&] { return text_in(birl.status(), "state") == "starting"; }));
  EXPECT_NE(birl.cli({"healthy"}).code, 0);
  EXPECT_THAT(birl.cli({"start", "app"}).err, HasSubstr("the init scripts still run"));
}

}  // namespace
}  // namespace support
