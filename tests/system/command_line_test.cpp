// How birl is called: verbs, commands without configuration, as /init, twice.
// Covers supervisor/main.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/instance.h"
#include "tests/support/paths.h"

namespace support {
namespace {

using testing::HasSubstr;

CommandResult birl_command(std::vector<std::string> words) {
  words.insert(words.begin(), "birl");
  return run_command({.program = birl_path(), .argv = std::move(words)});
}

/// A root with nothing of a configuration and a /run of its own.
InstanceOptions as_pid_1(std::vector<std::string> arguments) {
  return {.arguments = std::move(arguments),
          .world = World::kPidNamespace,
          .runtime_directory = RuntimeDirectory::kDefault};
}

class AsPid1Test : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_make(World::kPidNamespace)) {
      GTEST_SKIP() << "a new PID namespace needs root";
    }
  }
};

TEST(VendorsTest, ListsTheSinksAcrossANetworkWithoutAnInstance) {
  const CommandResult table = birl_command({"vendors"});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("\nsyslog "));
  const CommandResult json = birl_command({"vendors", "--json"});
  EXPECT_EQ(Json::parse(json.out)[0]["type"], "http");
}

TEST(RunTest, RunsACommandWithoutAnyConfiguration) {
  Instance birl({.arguments = {"run", "--", "@ACTOR@", "say", "hello", "from main"},
                 .environment = {"BIRL_SET=birl.runtime_directory = \"@DIR@/run\""}});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "hello\nfrom main\n");
  EXPECT_EQ(birl.stderr_text(), "");
}

TEST(RunTest, TheCommandReadsBirlsStdin) {
  Instance birl({.command = {"@ACTOR@", "input"}, .input = "typed by somebody\n"});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "typed by somebody\n");
}

TEST(RunTest, ACommandIsPrimaryBesideConfiguredServices) {
  Instance birl({.config = R"(
[service.other]
primary = true
command = ["@ACTOR@", "exit", "1"]
)",
                 .command = {"@ACTOR@", "exit", "6"}});
  EXPECT_EQ(birl.wait_exit(), 6);
}

TEST(RunTest, OtherServicesReadNothing) {
  Instance birl({.config = R"(
[service.reader]
primary = true
command = ["@ACTOR@", "input"]
)",
                 .input = "not for a service\n"});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "");
}

TEST(RunTest, NeitherAServiceNorACommandIsAConfigurationError) {
  Instance birl({.config = "# nothing\n"});
  EXPECT_EQ(birl.wait_exit(), 2);
  EXPECT_THAT(birl.stderr_text(), HasSubstr("cannot"));
}

TEST(RunTest, TheServicesEnvironmentHasItsNamesAndNotBirls) {
  Instance birl(
      {.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "env", "BIRL_SERVICE", "BIRL_SOCKET", "BIRL_SET", "BIRL_SET_X", "COLOUR", "SHAPE"]
environment = {COLOUR = "red"}
)",
       .environment = {"BIRL_SET_X=birl.log_level = \"info\"", "COLOUR=blue", "SHAPE=round"}});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), birl.expand("BIRL_SERVICE=app\n"
                                            "BIRL_SOCKET=@DIR@/run/control.sock\n"
                                            "BIRL_SET is not set\n"
                                            "BIRL_SET_X is not set\n"
                                            "COLOUR=red\n"
                                            "SHAPE=round\n"));
}

TEST(RunTest, ASecondInstanceInTheSameRuntimeDirectoryIsRefused) {
  const InstanceOptions options{.config = "[service.app]\ncommand = [\"@ACTOR@\", \"wait\"]\n"};
  Instance birl(options);
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const CommandResult second =
      birl_command({"run", "-c", birl.directory() / "base.toml", "--", actor_path(), "exit", "0"});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, HasSubstr(birl.expand("@DIR@/run")));
  EXPECT_EQ(birl.state("app"), "running");
}

// Its message once went to the end of the file, past the offset that the shell goes on at.
TEST(RunTest, MessagesInAFileAreNotOverwrittenByTheShellAroundBirl) {
  const InstanceOptions options{.config = "[service.app]\ncommand = [\"@ACTOR@\", \"wait\"]\n"};
  Instance birl(options);
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const CommandResult shell = run_command(
      {.program = "/bin/sh",
       .argv = {"sh", "-c", R"({ "$0" run -c "$1" -- true; echo after; } >"$2" 2>&1; cat "$2")",
                birl_path(), birl.directory() / "base.toml", birl.directory() / "shell.log"}});
  EXPECT_THAT(shell.out, testing::StartsWith("birl: error: cannot run: another birl holds"));
  EXPECT_THAT(shell.out, testing::EndsWith("\nafter\n"));
}

TEST(RunTest, ARuntimeDirectoryOfADeadInstanceIsTakenOver) {
  Instance birl({.config = "[service.app]\ncommand = [\"@ACTOR@\", \"wait\"]\n"});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  birl.signal(SIGKILL);
  ASSERT_EQ(birl.wait_exit(), -SIGKILL);
  const CommandResult second =
      birl_command({"run", "-c", birl.directory() / "base.toml", "--", actor_path(), "exit", "3"});
  EXPECT_EQ(second.code, 3) << second.err;
}

TEST(VerbTest, AWrongVerbOutsideAContainerIsRefusedWithTheNearest) {
  const CommandResult result = birl_command({"restrat"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("no verb restrat (did you mean restart?)"));
}

TEST(VerbTest, VersionSaysTheVersion) {
  const CommandResult result = birl_command({"version"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr(BIRL_VERSION));
}

TEST(VerbTest, NoInstanceIsExitCode3) {
  EXPECT_EQ(birl_command({"--socket", "/nonexistent/control.sock", "status"}).code, 3);
}

TEST_F(AsPid1Test, AFirstWordThatIsNoVerbIsRun) {
  Instance birl(as_pid_1({"@ACTOR@", "say", "I am the command"}));
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "I am the command\n");
}

TEST_F(AsPid1Test, ACommandsEndIsToldByItsExitCodeAlone) {
  Instance birl(as_pid_1({"run", "--", "@ACTOR@", "exit", "3"}));
  EXPECT_EQ(birl.wait_exit(), 3);
  EXPECT_EQ(birl.stderr_text(), "");
}

TEST_F(AsPid1Test, ACommandThatCannotBeStartedIsTold) {
  Instance birl(as_pid_1({"run", "--", "/no/such/program"}));
  EXPECT_EQ(birl.wait_exit(), 127);
  EXPECT_THAT(birl.stderr_text(), HasSubstr("/no/such/program: no such file"));
}

TEST_F(AsPid1Test, EveryArgumentOfInitIsTheCommandEvenIfItIsAVerb) {
  const TempDirectory links;
  ASSERT_EQ(::symlink(birl_path().c_str(), (links / "init").c_str()), 0);
  write_text(links / "status", "#!/bin/sh\necho the program named status: $*\nexit 4\n");
  ASSERT_EQ(::chmod((links / "status").c_str(), 0755), 0);
  InstanceOptions options = as_pid_1({"status", "--json"});
  options.program = links / "init";
  options.environment = {"PATH=" + links.path() + ":/usr/bin:/bin"};
  Instance birl(options);
  EXPECT_EQ(birl.wait_exit(), 4);
  EXPECT_EQ(birl.stdout_text(), "the program named status: --json\n");
}

TEST_F(AsPid1Test, InitHandsAVerbBehindTheWordBirlOver) {
  const TempDirectory links;
  ASSERT_EQ(::symlink(birl_path().c_str(), (links / "init").c_str()), 0);
  InstanceOptions options = as_pid_1({"birl", "version"});
  options.program = links / "init";
  Instance birl(options);
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_THAT(birl.stdout_text(), HasSubstr(BIRL_VERSION));
}

TEST_F(AsPid1Test, WithoutConfigurationTheProgramGetsTheSignalThatCame) {
  InstanceOptions options = as_pid_1({"run", "--", "@ACTOR@", "trap", "@DIR@/signals"});
  Instance birl(options);
  const std::string file = birl.directory() / "signals";
  ASSERT_TRUE(eventually([&] { return read_text(file) == "ready\n"; }));
  for (const int number : {SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH}) {
    birl.signal(number);
    ASSERT_TRUE(eventually([&] {
      return read_text(file).find("\n" + std::to_string(number) + " ") != std::string::npos;
    })) << "signal "
        << number;
  }
  EXPECT_EQ(birl.stop(), 0);
}

TEST(CommandLineTest, WhatGoesWrongAfterTheConfigurationIsReadIsToldToo) {
  Instance birl({.config = R"(
[birl]
control = {group = "no-such-group"}
[service.app]
command = ["@ACTOR@", "wait"]
)"});
  EXPECT_EQ(birl.wait_exit(), 1);
  EXPECT_NE(birl.stderr_text().find("no-such-group"), std::string::npos) << birl.stderr_text();
}

}  // namespace
}  // namespace support
