// How a primary ends is how the container ends.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>

#include "tests/support/instance.h"
#include "tests/support/paths.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

constexpr int kHung = -1000;

int run_to_end(InstanceOptions options) {
  Instance birl(std::move(options));
  return birl.wait_exit().value_or(kHung);
}

std::vector<int> exit_codes_to_try() {
  if (!test_everything()) {
    return {0,   1,   2,   3,   4,   5,   7,   8,   15,  16,  31,  32,  42,  63,
            64,  65,  77,  78,  99,  100, 111, 113, 120, 123, 124, 125, 126, 127,
            128, 129, 130, 137, 139, 143, 200, 250, 252, 253, 254, 255};
  }
  std::vector<int> codes;
  for (int code = 0; code <= 255; ++code) {
    codes.push_back(code);
  }
  return codes;
}

std::vector<int> fatal_signals() {
  std::vector<int> signals{SIGHUP,  SIGINT,    SIGQUIT, SIGILL,    SIGTRAP, SIGABRT,
                           SIGBUS,  SIGFPE,    SIGKILL, SIGUSR1,   SIGSEGV, SIGUSR2,
                           SIGPIPE, SIGALRM,   SIGTERM, SIGSTKFLT, SIGXCPU, SIGXFSZ,
                           SIGPROF, SIGVTALRM, SIGIO,   SIGPWR,    SIGSYS};
  for (int number = SIGRTMIN; number <= SIGRTMAX; number += test_everything() ? 1 : 10) {
    signals.push_back(number);
  }
  return signals;
}

std::string primary(const std::string& verb, int number) {
  return "[service.app]\nprimary = true\nlog = []\ncommand = [\"@ACTOR@\", \"" + verb + "\", \"" +
         std::to_string(number) + "\"]\n";
}

class ExitCodeTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, ExitCodeTest, both_worlds(), name_of_world);

TEST_P(ExitCodeTest, TheExitCodeOfThePrimaryIsTheContainers) {
  for (const int code : exit_codes_to_try()) {
    ASSERT_EQ(run_to_end({.config = primary("exit", code), .world = world()}), code);
  }
}

TEST_P(ExitCodeTest, AFatalSignalOfThePrimaryIs128PlusItsNumber) {
  for (const int number : fatal_signals()) {
    ASSERT_EQ(run_to_end({.config = primary("raise", number), .world = world()}), 128 + number);
  }
}

TEST(ExitCodeMapTest, ReplacesTheCodesItNames) {
  const std::string map = "[birl]\nexit_code_map = {143 = 0, 3 = 30}\n";
  EXPECT_EQ(run_to_end({.config = map + primary("raise", SIGTERM)}), 0);
  EXPECT_EQ(run_to_end({.config = map + primary("exit", 3)}), 30);
  EXPECT_EQ(run_to_end({.config = map + primary("exit", 4)}), 4);
}

TEST(ExitCodeMapTest, AFixedExitCodeWinsOverThePrimarys) {
  EXPECT_EQ(run_to_end({.config = "[birl]\nexit_code = 9\n" + primary("exit", 3)}), 9);
}

TEST(PrimaryTest, AMissingProgramEndsTheContainerWith127) {
  EXPECT_EQ(run_to_end({.config = R"(
[service.app]
primary = true
command = ["/nonexistent/program"]
)"}),
            127);
}

TEST(PrimaryTest, AFileThatCannotBeExecutedEndsTheContainerWith126) {
  EXPECT_EQ(run_to_end({.config = R"(
[service.app]
primary = true
command = ["@DIR@/birl.toml"]
)"}),
            126);
}

TEST(PrimaryTest, WhyItCouldNotStartIsSaidWithThePath) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["/nonexistent/program"]
)"});
  EXPECT_EQ(birl.wait_exit(), 127);
  EXPECT_NE(birl.stderr_text().find("cannot start app: /nonexistent/program: "), std::string::npos)
      << birl.stderr_text();
}

TEST(PrimaryTest, OfSeveralTheFirstThatEndsDecides) {
  EXPECT_EQ(run_to_end({.config = R"(
[service.slow]
primary = true
command = ["@ACTOR@", "wait"]
[service.first]
primary = true
command = ["@ACTOR@", "exit", "23"]
)"}),
            23);
}

TEST(PrimaryTest, ItsEndStopsTheOthersWithTheirSignal) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = "while ! grep -qs ready @DIR@/signals; do sleep 0.01; done; exit 5"
[service.helper]
command = ["@ACTOR@", "trap", "@DIR@/signals"]
)"});
  EXPECT_EQ(birl.wait_exit(), 5);
  EXPECT_TRUE(read_text(birl.directory() / "signals").starts_with("ready\n15 "));
}

}  // namespace
}  // namespace support
