// birl on a terminal, in a file, with closed descriptors: who gets what.
// Covers supervisor/process/terminal.h.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/eventually.h"
#include "tests/support/files.h"
#include "tests/support/launch.h"
#include "tests/support/paths.h"
#include "tests/support/terminal.h"

namespace support {
namespace {

using testing::HasSubstr;
using testing::Not;

class TerminalTest : public testing::TestWithParam<Terminal::Place> {};

INSTANTIATE_TEST_SUITE_P(Places, TerminalTest,
                         testing::Values(Terminal::Place::kLeader, Terminal::Place::kJob),
                         [](const auto& place) {
                           return place.param == Terminal::Place::kLeader ? "Leader" : "Job";
                         });

std::vector<std::string> run_shell(const TempDirectory& directory, const std::string& config = "") {
  write_text(directory / "birl.toml",
             "[birl]\nruntime_directory = \"" + (directory / "run") + "\"\n" + config);
  return {birl_path(), "run", "-c", directory / "birl.toml", "--", "/bin/bash", "--norc", "-i"};
}

TEST_P(TerminalTest, AShellHasJobControl) {
  const TempDirectory directory;
  Terminal terminal(run_shell(directory), GetParam());
  terminal.type("echo $((1000 + 234)); tty\n");
  EXPECT_TRUE(terminal.shows("1234")) << terminal.screen();
  EXPECT_TRUE(terminal.shows("/dev/pts/")) << terminal.screen();
  terminal.type("sleep 1000 &\n");
  EXPECT_TRUE(terminal.shows("[1] ")) << terminal.screen();
  terminal.type("jobs; kill %1; exit 7\n");
  EXPECT_EQ(terminal.wait_exit(), 7) << terminal.screen();
  EXPECT_THAT(terminal.screen(), Not(HasSubstr("no job control")));
}

TEST_P(TerminalTest, ControlCIsTheShellsAndNotBirls) {
  const TempDirectory directory;
  Terminal terminal(run_shell(directory), GetParam());
  terminal.type("sh -c 'echo up $((1 + 1)); exec sleep 1000'\n");
  ASSERT_TRUE(terminal.shows("up 2")) << terminal.screen();  // it has the foreground
  terminal.type("\x03");
  terminal.type("echo code $((100 + $?))\n");
  EXPECT_TRUE(terminal.shows("code 230")) << terminal.screen();  // 128 + SIGINT
  terminal.type("exit 3\n");
  EXPECT_EQ(terminal.wait_exit(), 3) << terminal.screen();
}

TEST_P(TerminalTest, ANewSizeReachesTheProgram) {
  const TempDirectory directory;
  Terminal terminal(run_shell(directory), GetParam());
  terminal.type("trap 'echo columns $(tput -T xterm cols 2>/dev/null || stty size)' WINCH\n");
  terminal.type("echo set $((1 + 1))\n");
  ASSERT_TRUE(terminal.shows("set 2")) << terminal.screen();
  terminal.resize(24, 123);
  terminal.type("\n");
  EXPECT_TRUE(terminal.shows("123")) << terminal.screen();
  terminal.type("exit\n");
  EXPECT_TRUE(terminal.wait_exit().has_value());
}

TEST_P(TerminalTest, TermStillEndsEverything) {
  if (GetParam() == Terminal::Place::kJob) {
    GTEST_SKIP() << "the test's child is the shell around it there";
  }
  const TempDirectory directory;
  Terminal terminal(run_shell(directory, "shutdown_timeout = \"2s\"\n"), GetParam());
  terminal.type("echo up $((1 + 1))\n");
  ASSERT_TRUE(terminal.shows("up 2")) << terminal.screen();
  ::kill(terminal.pid(), SIGTERM);
  EXPECT_EQ(terminal.wait_exit(), 128 + SIGKILL) << "an interactive shell ignores TERM";
}

// ---- descriptors that are no terminal ----

/// Tests run at the same time, each in a runtime directory of its own.
std::vector<std::string> environment_for(const TempDirectory& directory) {
  std::vector<std::string> environment = clean_environment();
  environment.push_back("BIRL_SET=birl.runtime_directory = \"" + directory.path() + "/run\"");
  return environment;
}

/// `birl run -- actor say hello` with `stdout_fd` as its standard output.
std::optional<int> run_hello(const TempDirectory& directory, int stdout_fd) {
  const pid_t pid = launch({.program = birl_path(),
                            .argv = {"birl", "run", "--", actor_path(), "say", "hello"},
                            .environment = environment_for(directory),
                            .stdout_fd = stdout_fd});
  return wait_exit(pid, kPatience);
}

TEST(StdoutTest, MayBeAFile) {
  const TempDirectory directory;
  const int file = ::open((directory / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_EQ(run_hello(directory, file), 0);
  ::close(file);
  EXPECT_EQ(read_text(directory / "out"), "hello\n");
}

TEST(StdoutTest, MayBeAPipe) {
  const TempDirectory directory;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  EXPECT_EQ(run_hello(directory, ends[1]), 0);
  ::close(ends[1]);
  char buffer[64];
  const ssize_t bytes = ::read(ends[0], buffer, sizeof(buffer));
  EXPECT_EQ(std::string(buffer, static_cast<std::size_t>(std::max<ssize_t>(bytes, 0))), "hello\n");
  ::close(ends[0]);
}

TEST(StdoutTest, MayBeClosed) {
  const TempDirectory directory;
  const CommandResult result = run_command(
      {.program = "/bin/sh",
       .argv = {"sh", "-c", "exec \"$0\" run -- \"$1\" exit 5 >&-", birl_path(), actor_path()},
       .environment = environment_for(directory)});
  EXPECT_EQ(result.code, 5) << result.err;
}

}  // namespace
}  // namespace support
