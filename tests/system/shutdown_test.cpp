// The orderly end: everyone is asked at once, the deaf are killed at their time-out, one budget.
// Covers supervisor/instance.h: signals, the fleet, and what the router still has to deliver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using Clock = std::chrono::steady_clock;

/// Monotonic time of signal `number` in a file of `actor trap`; nullopt when it did not come.
std::optional<long long> signal_time_ns(const std::string& path, int number) {
  for (const std::string& line : lines_of(read_text(path))) {
    std::istringstream words(line);
    int got = 0;
    long long time_ns = 0;
    if (words >> got >> time_ns && got == number) {
      return time_ns;
    }
  }
  return std::nullopt;
}

std::string trapping_services(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::string name = "s" + std::to_string(i);
    text += "[service." + name + "]\nlog = []\ncommand = [\"@ACTOR@\", \"trap\", \"@DIR@/" + name +
            "\"]\n";
  }
  return text;
}

bool all_ready(const Instance& birl, int count) {
  for (int i = 0; i < count; ++i) {
    if (read_text(birl.directory() / ("s" + std::to_string(i))) != "ready\n") {
      return false;
    }
  }
  return true;
}

class ShutdownTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, ShutdownTest, both_worlds(), name_of_world);

TEST_P(ShutdownTest, TermReachesEveryService) {
  constexpr int kServices = 20;
  Instance birl({.config = trapping_services(kServices), .world = world()});
  ASSERT_TRUE(eventually([&] { return all_ready(birl, kServices); }));
  const long long sent_ns = Clock::now().time_since_epoch().count();
  EXPECT_EQ(birl.stop(), 0);  // no primary
  long long last_ns = 0;
  for (int i = 0; i < kServices; ++i) {
    const auto time = signal_time_ns(birl.directory() / ("s" + std::to_string(i)), SIGTERM);
    ASSERT_TRUE(time.has_value()) << i;
    last_ns = std::max(last_ns, *time);
  }
  std::cout << "the last of " << kServices << " had its TERM after " << (last_ns - sent_ns) / 1'000
            << " us\n";
}

TEST_P(ShutdownTest, OneThatIgnoresTermIsKilledAtItsTimeoutAndDelaysNobody) {
  Instance birl({.config = R"(
[birl]
shutdown_timeout = "60s"
[service.deaf]
command = ["@ACTOR@", "ignore", "@DIR@/deaf"]
stop = {timeout = "1500ms"}
)" + trapping_services(3),
                 .world = world()});
  ASSERT_TRUE(eventually(
      [&] { return all_ready(birl, 3) && read_text(birl.directory() / "deaf") == "ready\n"; }));
  std::vector<pid_t> quick;
  for (const char* name : {"s0", "s1", "s2"}) {
    quick.push_back(birl.service_pid(name).value());
  }
  const pid_t deaf = birl.service_pid("deaf").value();
  const auto sent = Clock::now();
  birl.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return std::none_of(quick.begin(), quick.end(), is_running); }));
  EXPECT_TRUE(is_running(deaf)) << "the others are gone before the deaf one's time-out";
  EXPECT_EQ(birl.state("deaf"), "stopping");
  EXPECT_EQ(birl.wait_exit(), 0);
  const auto took = Clock::now() - sent;
  EXPECT_GE(took, 1500ms);
  EXPECT_LT(took, 30s) << "its own time-out ended it, not the budget of the shutdown";
}

TEST_P(ShutdownTest, ASecondTermHurries) {
  Instance birl({.config = R"(
[birl]
shutdown_timeout = "10m"
[service.deaf]
command = ["@ACTOR@", "ignore", "@DIR@/deaf"]
stop = {timeout = "5m"}
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "deaf") == "ready\n"; }));
  birl.signal(SIGTERM);
  ASSERT_TRUE(birl.wait_state("deaf", "stopping"));
  birl.signal(SIGTERM);
  EXPECT_EQ(birl.wait_exit(), 0);
}

TEST(StopTest, ShutdownTimeoutCutsAStopTimeout) {
  Instance birl({.config = R"(
[birl]
shutdown_timeout = "1s"
[service.deaf]
command = ["@ACTOR@", "ignore", "@DIR@/deaf"]
stop = {timeout = "5m"}
)"});
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "deaf") == "ready\n"; }));
  EXPECT_EQ(birl.stop(), 0);
}

TEST(StopTest, AServiceGetsTheSignalOfItsStopTable) {
  Instance birl({.config = R"(
[service.app]
command = ["@ACTOR@", "record", "@DIR@/signals"]
stop = {signal = "QUIT", timeout = "300ms"}
)"});
  const std::string file = birl.directory() / "signals";
  ASSERT_TRUE(eventually([&] { return read_text(file) == "ready\n"; }));
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_TRUE(signal_time_ns(file, SIGQUIT).has_value());
  EXPECT_FALSE(signal_time_ns(file, SIGTERM).has_value());
}

TEST(StopTest, TheKillTakesTheWholeGroup) {
  Instance birl({.config = R"(
[service.app]
command = "trap '' TERM; sleep 1000 & echo $! > @DIR@/child; while :; do sleep 1000; done"
stop = {timeout = "200ms"}
)"});
  const std::string file = birl.directory() / "child";
  ASSERT_TRUE(eventually([&] { return !read_text(file).empty(); }));
  const pid_t child = std::stoi(read_text(file));
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_FALSE(is_running(child));
}

TEST(StopTest, WhatEscapedTheGroupIsGoneToo) {
  Instance birl({.config = R"(
[service.app]
command = ["@ACTOR@", "leave-child", "@DIR@/child"]
)"});
  const std::string file = birl.directory() / "child";
  ASSERT_TRUE(eventually([&] { return !read_text(file).empty(); }));
  const pid_t child = std::stoi(read_text(file));
  ASSERT_TRUE(is_running(child));
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_FALSE(is_running(child));
}

TEST(StopTest, APrimaryThatDiesOfTheTermMakes143) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
)"});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  EXPECT_EQ(birl.stop(), 143);
}

TEST(StopTest, TermIsHeardWhileAServiceIsInBackoff) {
  Instance birl({.config = R"(
[service.job]
command = ["/nonexistent/program"]
backoff = {initial = "10m", max = "10m"}
)"});
  ASSERT_TRUE(birl.wait_state("job", "backoff"));
  EXPECT_EQ(birl.stop(), 0);
}

TEST(StopTest, TermAtAnyMomentOfTheBootEndsEverything) {
  for (int i = 0; i < 20; ++i) {
    Instance birl({.config = trapping_services(5)});
    idle_for(std::chrono::microseconds(i * 1500));
    birl.signal(SIGTERM);
    const auto code = birl.wait_exit();
    // Before birl has set its signals up TERM simply ends it.
    ASSERT_THAT(code, testing::AnyOf(0, -SIGTERM)) << "in round " << i;
  }
}

TEST(StopTest, TheShutdownVerbEndsTheContainerWithItsCode) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
)"});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  EXPECT_EQ(birl.cli({"shutdown", "--exit-code", "42"}).code, 0);
  EXPECT_EQ(birl.wait_exit(), 42);
}

TEST(StopTest, TheShutdownVerbKeepsThePrimarysOwnCode) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "trap", "@DIR@/signals"]
)"});
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "signals") == "ready\n"; }));
  EXPECT_EQ(birl.cli({"shutdown"}).code, 0);
  EXPECT_EQ(birl.wait_exit(), 0);
}

}  // namespace
}  // namespace support
