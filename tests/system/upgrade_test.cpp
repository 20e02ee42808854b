// `birl upgrade`: another birl takes over in place, and nobody notices but by asking.
// Covers supervisor/live_upgrade.h, supervisor/upgrade_main.h, supervisor/instance_upgrade.cpp,
// supervisor/service_watch_keep.cpp, supervisor/router_link/router_keep.cpp,
// supervisor/upgrade/upgrade_check.h and supervisor/control/cmd_upgrade.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/control_client.h"
#include "tests/support/instance.h"
#include "tests/support/paths.h"
#include "tests/support/proc.h"
#include "tests/system/delivery.h"
#include "tests/system/upgrade_support.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

std::uint64_t sequence_of(const Instance& birl) {
  return birl.status()["sequence"].get<std::uint64_t>();
}

class UpgradeTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, UpgradeTest, both_worlds(), name_of_world);

TEST_P(UpgradeTest, ServicesAreLeftAlone) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
[service.helper]
command = ["@ACTOR@", "wait"]
health = { command = ["true"], interval = "50ms" }
[service.once]
type = "oneshot"
command = "echo before"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "running") && birl.wait_state("helper", "running") &&
              birl.wait_state("once", "done"));
  const Json app = birl.service("app");
  const Json helper = birl.service("helper");
  const auto pid = birl.service_pid("helper");
  const auto router = birl.router_pid();
  const std::string comm = comm_of(birl);
  const std::uint64_t sequence = sequence_of(birl);

  const std::string binary = copy_birl(birl.directory() / "bin");
  const CommandResult result = birl.cli({"upgrade", "--json", binary});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["binary"], binary);
  EXPECT_EQ(executable_of(birl), binary);
  EXPECT_EQ(comm_of(birl), comm);
  for (const auto& [name, before] : {std::pair{"app", app}, std::pair{"helper", helper}}) {
    const Json after = birl.service(name);
    for (const char* member : {"state", "pid", "since", "restarts", "ready"}) {
      EXPECT_EQ(after[member], before[member]) << name << " " << member;
    }
  }
  EXPECT_EQ(birl.service_pid("helper"), pid);
  EXPECT_EQ(birl.state("once"), "done");
  EXPECT_GT(sequence_of(birl), sequence);
  EXPECT_THAT(birl.cli({"events", "--since", std::to_string(sequence)}).out,
              HasSubstr("has taken over from"));
  EXPECT_TRUE(eventually([&] { return birl.router_pid() && birl.router_pid() != router; }));
  EXPECT_EQ(birl.status()["router"]["restarts"], 0);
  EXPECT_TRUE(eventually([&] {  // it may have been in the pipe still
    return birl.cli({"logs", "once"}).out.find("before") != std::string::npos;
  }));

  EXPECT_EQ(birl.cli({"restart", "helper"}).code, 0);
  EXPECT_NE(birl.service_pid("helper"), pid);
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

TEST_P(UpgradeTest, AFileThatWasReplacedIsTakenByItsPath) {
  const TempDirectory directory;
  const std::string binary = copy_birl(directory / "bin");
  Instance birl({.config = "[service.app]\nprimary = true\ncommand = [\"@ACTOR@\", \"wait\"]\n",
                 .program = binary,
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const std::string next = copy_birl(directory / "next");
  ASSERT_EQ(::rename(next.c_str(), binary.c_str()), 0);
  ASSERT_THAT(executable_of(birl), HasSubstr("(deleted)"));
  expect_upgrade(birl);
  EXPECT_EQ(executable_of(birl), binary);
}

TEST_P(UpgradeTest, NoLineIsLostDoubledOrOutOfOrderOverTwentyUpgrades) {
  const DeliveryPlan plan{.lines = 40'000 * test_scale(),
                          .generator_options = "\"--rate\", \"8000\""};
  InstanceOptions options = make_delivery(plan);
  options.world = world();
  Instance birl(options);
  ASSERT_TRUE(birl.wait_state("app", "running"));
  int early = 0;
  for (int i = 0; i < 20; ++i) {
    expect_upgrade(birl);
    expect_exact_ledger(birl);
    early += generators_finished(birl) ? 0 : 1;
  }
  ASSERT_TRUE(eventually([&] { return delivery_finished(birl, plan); }, 100s));
  expect_delivered(birl, plan);
  EXPECT_GT(early, 0) << "nothing was written meanwhile, so nothing was tested";
  std::cout << early << " of 20 upgrades came while lines were written\n";
}

TEST_P(UpgradeTest, RingsThatAreFilesGoAlong) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
[service.talker]
type = "oneshot"
log = ["files"]
ring = {directory = "@DIR@/rings"}
command = ["@LOGGEN@", "--id", "talker", "--lines", "4000", "--rate", "4000"]
[sink.files]
type = "file"
path = "@DIR@/log/current"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  for (int i = 0; i < 4; ++i) {
    expect_upgrade(birl);
  }
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 4000); }));
  expect_lines(birl, {"--expect", "talker:out:4000", "@DIR@/log"});
  EXPECT_TRUE(std::filesystem::exists(birl.directory() / "rings/lock"));
}

TEST_P(UpgradeTest, WhoeverDiesMeanwhileIsSeenOnceAndStartedAgain) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
[service.job]
backoff = {initial = "20ms", factor = 1}
command = ["@ACTOR@", "count-run", "@DIR@/runs", "3"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const auto runs = [&] { return lines_of(read_text(birl.directory() / "runs")).size(); };
  for (int i = 0; i < 15; ++i) {
    const std::size_t before = runs();
    expect_upgrade(birl);
    ASSERT_TRUE(eventually([&] { return runs() > before + 2; })) << "it is not started any more";
  }
  EXPECT_TRUE(eventually([&] { return birl.service("job")["exit_code"] == 3; }));
  ASSERT_EQ(birl.cli({"stop", "job"}).code, 0);
  const Json job = birl.service("job");
  EXPECT_GE(job["restarts"].get<std::size_t>() + 1, runs());
}

TEST_P(UpgradeTest, ThePrimarysEndIsTheContainersEnd) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = "until test -e @DIR@/end; do sleep 0.02; done; exit 7"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  expect_upgrade(birl);
  write_text(birl.directory() / "end", "");
  EXPECT_EQ(birl.wait_exit(), 7);
}

TEST_P(UpgradeTest, APrimaryThatDiesDuringTheUpgradeEndsItToo) {
  for (int i = 0; i < 5; ++i) {
    Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
)",
                   .world = world()});
    ASSERT_TRUE(birl.wait_state("app", "running"));
    const auto pid = birl.service_pid("app");
    const pid_t client = birl.begin_cli({"upgrade"}, STDOUT_FILENO);
    idle_for(std::chrono::milliseconds(20 * i));
    ASSERT_EQ(::kill(*pid, SIGKILL), 0);
    EXPECT_EQ(birl.wait_exit(), 128 + SIGKILL);
    static_cast<void>(wait_exit(client, kPatience));
  }
}

TEST_P(UpgradeTest, TimersGoOn) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
[service.job]
backoff = {initial = "1h", max = "1h", jitter = 0}
command = ["@ACTOR@", "exit", "1"]
[service.soon]
backoff = {initial = "300ms", factor = 1}
command = ["@ACTOR@", "exit", "1"]
[service.nightly]
type = "scheduled"
schedule = "17 3 * * *"
command = ["true"]
[service.tick]
type = "scheduled"
schedule = "@every 1s"
command = ["@ACTOR@", "count-run", "@DIR@/ticks", "0"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("job", "backoff") && birl.wait_state("nightly", "waiting"));
  const Json job = birl.service("job");
  const Json nightly = birl.service("nightly");
  expect_upgrade(birl);
  EXPECT_EQ(birl.state("job"), "backoff");
  EXPECT_EQ(birl.service("job")["since"], job["since"]);
  EXPECT_EQ(birl.service("nightly")["next_run"], nightly["next_run"]);
  EXPECT_EQ(birl.service("job")["restarts"], 0);
  const Json restarts = birl.service("soon")["restarts"];
  EXPECT_TRUE(eventually([&] { return birl.service("soon")["restarts"] > restarts; }));
  const std::string ticks = read_text(birl.directory() / "ticks");
  EXPECT_TRUE(eventually([&] { return read_text(birl.directory() / "ticks") > ticks; }));
}

TEST_P(UpgradeTest, NoClientOfAHeldSocketIsRefusedAndNoneOfTheControlSocket) {
  Instance birl({.config = R"(
[service.web]
command = ["@ACTOR@", "serve", "1000000"]
listen = ["unix:@DIR@/web.sock"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("web", "running"));
  const auto pid = birl.service_pid("web");
  for (int i = 0; i < 5; ++i) {
    const pid_t client = birl.begin_cli({"upgrade"}, STDOUT_FILENO);
    std::optional<int> code;
    while (!code) {
      const base::Fd web = connect_to(birl.directory() / "web.sock");
      char first = 0;
      EXPECT_EQ(::read(web.get(), &first, 1), 1) << "refused, or not answered";
      EXPECT_TRUE(connect_to(birl.socket_path()).valid());
      code = wait_exit(client, 1ms);
    }
    EXPECT_EQ(code, 0);
  }
  EXPECT_EQ(birl.service_pid("web"), pid);
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_FALSE(exists(birl.directory() / "web.sock"));
}

TEST_P(UpgradeTest, AStopAfterwardsHasItsBudgetAndItsHooks) {
  Instance birl({.config = R"(
[birl]
shutdown_timeout = "4s"
[service.stubborn]
command = ["@ACTOR@", "ignore", "@DIR@/ignoring"]
stop = { timeout = "200ms" }
on_exit = "echo $BIRL_SIGNAL > @DIR@/ended"
[service.sessions]
command = ["@ACTOR@", "escape", "@DIR@/escaped"]
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] {
    return exists(birl.directory() / "ignoring") && exists(birl.directory() / "escaped");
  }));
  expect_upgrade(birl);
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_THAT(birl.stderr_text(), HasSubstr("stubborn: "));
  EXPECT_THAT(birl.stderr_text(), HasSubstr("killed"));
  EXPECT_EQ(read_text(birl.directory() / "ended"), "KILL\n");
}

TEST_P(UpgradeTest, ReadinessIsHeardOverIt) {
  Instance birl({.config = R"(
[service.told]
command = "until test -e @DIR@/go; do sleep 0.02; done; exec @ACTOR@ notify-and-wait READY=1"
ready = { sd_notify = true }
[service.piped]
command = "until test -e @DIR@/go; do sleep 0.02; done; echo >&5; exec @ACTOR@ wait"
ready = { fd = 5 }
[service.lined]
command = "until test -e @DIR@/go; do sleep 0.02; done; echo here I am; exec @ACTOR@ wait"
ready = { log_line = "here I am" }
[service.checked]
command = ["@ACTOR@", "wait"]
ready = { command = ["test", "-e", "@DIR@/go"], interval = "20ms" }
[service.after]
command = ["@ACTOR@", "wait"]
requires = ["told", "piped", "lined", "checked"]
)",
                 .world = world()});
  for (const char* name : {"told", "piped", "lined", "checked"}) {
    ASSERT_TRUE(birl.wait_state(name, "starting")) << name;
  }
  expect_upgrade(birl);
  EXPECT_EQ(birl.state("after"), "waiting");
  write_text(birl.directory() / "go", "");
  EXPECT_TRUE(birl.wait_state("after", "running")) << birl.cli({"status"}).out;
}

TEST_P(UpgradeTest, ReloadScaleAndWatchWorkAfterwardsAndAChangeMeanwhileIsSeen) {
  const std::string config = R"(
[service.web]
instances = 2
command = ["@ACTOR@", "wait"]
[service.watcher]
command = ["@ACTOR@", "wait"]
watch = { paths = ["@DIR@/watched"], then = "restart", debounce = "20ms" }
)";
  Instance birl({.config = config, .world = world()});
  ASSERT_TRUE(birl.wait_state("watcher", "running"));
  ASSERT_EQ(birl.cli({"scale", "web", "3"}).code, 0);
  expect_upgrade(birl);
  EXPECT_EQ(birl.state("web@3"), "running");
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_EQ(birl.state("web@3"), "running") << "the number that was asked for is kept";
  const auto pid = birl.service_pid("watcher");
  write_text(birl.directory() / "watched", "new");
  ASSERT_TRUE(eventually([&] {
    const auto now = birl.service_pid("watcher");
    return now && now != pid;
  }));
  birl.write_config(config + "[service.more]\ncommand = [\"@ACTOR@\", \"wait\"]\n");
  EXPECT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_TRUE(birl.wait_state("more", "running"));
  expect_upgrade(birl);
  birl.write_config(config);
  EXPECT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_TRUE(eventually([&] { return birl.service("more").is_null(); }));
  expect_upgrade(birl);
  EXPECT_EQ(birl.state("web@3"), "running");
}

TEST_P(UpgradeTest, HooksAndChecksThatRunGoOn) {
  Instance birl({.config = R"(
[service.app]
command = ["@ACTOR@", "wait"]
on_ready = "until test -e @DIR@/go; do sleep 0.02; done; echo ready > @DIR@/ready"
health = { command = "until test -e @DIR@/go; do sleep 0.02; done; false", timeout = "30s", interval = "10ms", failures = 1, then = "none" }
[service.job]
restart = "never"
command = ["@ACTOR@", "exit", "3"]
on_exit = "until test -e @DIR@/go; do sleep 0.02; done; exit 0"
on_exit_timeout = "30s"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("job", "stopping") && birl.wait_state("app", "running"));
  expect_upgrade(birl);
  EXPECT_EQ(birl.state("job"), "stopping");
  write_text(birl.directory() / "go", "");
  EXPECT_TRUE(birl.wait_state("job", "failed"));
  EXPECT_EQ(birl.service("job")["exit_code"], 3);
  EXPECT_TRUE(eventually([&] { return read_text(birl.directory() / "ready") == "ready\n"; }));
  EXPECT_TRUE(eventually([&] { return birl.service("app")["healthy"] == false; }));
}

}  // namespace
}  // namespace support
