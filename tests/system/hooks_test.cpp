// Commands of a service's life: on_ready, on_exit, stop.command, reload. And who held a stop up.
// Covers supervisor/hook_runner.h, supervisor/service_reload.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

class HooksTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, HooksTest, both_worlds(), name_of_world);

TEST_P(HooksTest, ACrashHookTidiesUpAndIsToldHowItEnded) {
  Instance birl({.config = R"(
[service.app]
restart = "never"
command = "touch @DIR@/lock; exit 3"
on_exit = "rm @DIR@/lock; echo code=$BIRL_EXIT_CODE signal=$BIRL_SIGNAL restarts=$BIRL_RESTARTS reason=$BIRL_REASON"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "failed"));
  EXPECT_FALSE(exists(birl.directory() / "lock")) << "the hook came before the state";
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_EQ(birl.stdout_text(), "code=3 signal= restarts=0 reason=exited with code 3\n");
}

TEST_P(HooksTest, TheHookRunsBeforeTheRestartAndAtTheShutdown) {
  Instance birl({.config = R"(
[service.app]
command = ["@ACTOR@", "wait"]
on_exit = "echo $BIRL_SIGNAL $BIRL_RESTARTS >> @DIR@/ends"
backoff = { initial = "1ms" }
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const pid_t pid = birl.service_pid("app").value();
  ::kill(pid, SIGKILL);
  ASSERT_TRUE(eventually([&] {
    const auto now = birl.service_pid("app");
    return now && *now != pid;
  }));
  EXPECT_EQ(read_text(birl.directory() / "ends"), "KILL 0\n");
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_EQ(read_text(birl.directory() / "ends"), "KILL 0\nTERM 1\n");
}

TEST_P(HooksTest, AHookThatHangsIsKilledAtItsTimeout) {
  Instance birl({.config = R"(
[service.app]
restart = "never"
command = ["@ACTOR@", "exit", "1"]
on_exit = ["@ACTOR@", "ignore", "@DIR@/hook"]
on_exit_timeout = "300ms"
)",
                 .world = world()});
  EXPECT_TRUE(birl.wait_state("app", "failed"));
}

TEST_P(HooksTest, OnReadyRunsAtEachStart) {
  Instance birl({.config = R"(
[service.app]
log = []
command = ["@ACTOR@", "wait"]
on_ready = "echo $BIRL_SERVICE >> @DIR@/ready"
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "ready") == "app\n"; }));
  EXPECT_EQ(birl.cli({"restart", "app"}).code, 0);
  EXPECT_TRUE(eventually([&] { return read_text(birl.directory() / "ready") == "app\napp\n"; }));
}

TEST_P(HooksTest, TheStopCommandComesBeforeTheSignal) {
  Instance birl({.config = R"(
[service.app]
log = []
command = ["@ACTOR@", "trap", "@DIR@/signals"]
stop = { command = "cp @DIR@/signals @DIR@/before" }
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "signals") == "ready\n"; }));
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_EQ(read_text(birl.directory() / "before"), "ready\n");
  EXPECT_THAT(read_text(birl.directory() / "signals"), HasSubstr("\n15 "));
}

TEST_P(HooksTest, AOneshotIsUndoneByItsStopCommand) {
  Instance birl({.config = R"(
[service.mount]
type = "oneshot"
log = []
command = "touch @DIR@/mounted"
stop = { command = "rm @DIR@/mounted" }
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("mount", "done"));
  EXPECT_TRUE(exists(birl.directory() / "mounted"));
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_FALSE(exists(birl.directory() / "mounted"));
}

TEST_P(HooksTest, ReloadChecksAndSignals) {
  Instance birl({.config = R"(
[service.app]
log = []
command = ["@ACTOR@", "record", "@DIR@/signals"]
reload = { check = ["test", "-e", "@DIR@/good"], signal = "USR2" }
stop = { signal = "KILL" }
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "signals") == "ready\n"; }));
  const CommandResult refused = birl.cli({"reload", "app"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("cannot reload app: reload.check of app: exited with code 1"));
  EXPECT_EQ(read_text(birl.directory() / "signals"), "ready\n");
  write_text(birl.directory() / "good", "");
  EXPECT_EQ(birl.cli({"reload", "app"}).code, 0);
  EXPECT_TRUE(eventually(
      [&] { return read_text(birl.directory() / "signals").starts_with("ready\n12 "); }));
}

TEST_P(HooksTest, ReloadMayBeACommand) {
  Instance birl({.config = R"(
[service.app]
command = ["@ACTOR@", "wait"]
reload = { command = "echo reloaded; test ! -e @DIR@/bad" }
[service.down]
start = "manual"
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  EXPECT_EQ(birl.cli({"reload", "app"}).code, 0);
  write_text(birl.directory() / "bad", "");
  EXPECT_EQ(birl.cli({"reload", "app"}).code, 1);
  EXPECT_THAT(birl.cli({"reload", "down"}).err, HasSubstr("cannot reload down: it is not running"));
  EXPECT_EQ(birl.cli({"reload", "nobody"}).code, 3);
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_EQ(birl.stdout_text(), "reloaded\nreloaded\n");
}

TEST_P(HooksTest, ASecondTermHurriesAHook) {
  Instance birl({.config = R"(
[birl]
shutdown_timeout = "20m"
[service.app]
command = ["@ACTOR@", "wait"]
on_exit = ["@ACTOR@", "ignore", "@DIR@/hook"]
on_exit_timeout = "10m"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  birl.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "hook") == "ready\n"; }));
  birl.signal(SIGTERM);
  EXPECT_EQ(birl.wait_exit(), 0);
}

TEST_P(HooksTest, WhoHeldAStopUpIsSaidLast) {
  Instance birl({.config = R"(
[service.deaf]
command = ["@ACTOR@", "ignore", "@DIR@/deaf"]
stop = { timeout = "300ms" }
[service.quick]
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "deaf") == "ready\n"; }));
  ASSERT_TRUE(birl.wait_state("quick", "running"));
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_THAT(lines_of(birl.stderr_text()).back(),
              testing::MatchesRegex("birl: warn: deaf: [0-9]+\\.[0-9] s of 9s, killed"));
}

}  // namespace
}  // namespace support
