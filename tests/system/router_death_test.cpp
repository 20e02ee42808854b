// The router may die at any instant: no line is lost, doubled or out of order, and the ledger stays
// exact. long_run_test.cpp does the same with the full amounts.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "tests/support/paths.h"
#include "tests/support/proc.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

TEST(RouterDeathTest, KilledAtRandomMomentsItLosesAndDoublesNothing) {
  const DeliveryPlan plan{.lines = 60'000 * test_scale()};
  Instance birl(make_delivery(plan));
  const int early = kill_router_often(birl, 30);
  ASSERT_TRUE(eventually([&] { return delivery_finished(birl, plan); }, 100s));
  expect_delivered(birl, plan);
  EXPECT_GE(birl.status()["router"]["restarts"], 30);
  std::cout << early << " of 30 kills came while lines were written\n";
}

class CrashPointTest : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Steps, CrashPointTest,
                         testing::Values("intake.*:400", "file.*:100", "rotate.*:20", "*:500"));

TEST_P(CrashPointTest, DyingInTheMiddleOfAStepLosesAndDoublesNothing) {
  const DeliveryPlan plan{.lines = 30'000 * test_scale()};
  InstanceOptions options = make_delivery(plan);
  options.environment = {std::string("BIRL_DEBUG_CRASH=") + GetParam()};
  Instance birl(options);
  ASSERT_TRUE(eventually([&] { return delivery_finished(birl, plan); }, 100s));
  expect_delivered(birl, plan);
  const Json router = birl.status()["router"];
  EXPECT_GE(router["restarts"], 1) << "nothing crashed, so nothing was tested";
  std::cout << router["restarts"] << " deaths\n";
}

/// Every archive has its name and its form: none is being made any more.
bool all_packed(const Instance& birl) {
  for (const char* name : {"alone1", "alone2", "shared"}) {
    for (const auto& entry :
         std::filesystem::directory_iterator(birl.directory() / (std::string("log/") + name))) {
      const std::string file = entry.path().filename();
      if (file != "current" && !file.ends_with(".gz")) {
        return false;
      }
    }
  }
  return true;
}

class PackedDeathTest : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Namings, PackedDeathTest, testing::Values("timestamp", "number"));

TEST_P(PackedDeathTest, StampedAndPackedItLosesAndDoublesNothing) {
  const DeliveryPlan plan{
      .lines = 20'000 * test_scale(),
      .sink_keys = std::string("timestamp = \"iso\"\nrotate = {size = \"256KiB\", keep = 10000, "
                               "compress = \"gzip\", naming = \"") +
                   GetParam() + "\"}"};
  InstanceOptions options = make_delivery(plan);
  options.environment = {"BIRL_DEBUG_CRASH=*:1500"};
  Instance birl(options);
  ASSERT_TRUE(eventually([&] { return delivery_finished(birl, plan); }, 100s));
  ASSERT_TRUE(eventually([&] { return all_packed(birl); }, 60s));
  unpack_logs(birl);
  expect_delivered(birl, plan, "@DIR@/plain");
  std::cout << birl.status()["router"]["restarts"] << " deaths\n";
}

TEST(RouterDeathTest, ServicesLiveOnAndTheirPipesStayOpen) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = ["files"]
command = "i=0; while :; do i=$((i + 1)); echo line $i || exit 99; sleep 0.01; done"
[sink.files]
type = "file"
path = "@DIR@/log/{service}/current"
)"});
  const std::string file = birl.directory() / "log/app/current";
  const auto count = [&] { return lines_of(read_text(file)).size(); };
  ASSERT_TRUE(eventually([&] { return count() > 3; }));
  const auto app = birl.service_pid("app");
  const auto router = birl.router_pid();
  ASSERT_TRUE(router.has_value());
  ::kill(*router, SIGKILL);
  const std::size_t before = count();
  ASSERT_TRUE(eventually([&] { return count() > before + 3; }));
  EXPECT_EQ(birl.service_pid("app"), app);
  EXPECT_EQ(birl.status()["router"]["restarts"], 1);
}

TEST(RouterDeathTest, AStoppedRouterHoldsTheStopUpNoLongerThanItsBudget) {
  Instance birl({.config = R"(
[birl]
shutdown_timeout = "2s"
[service.app]
primary = true
command = ["@ACTOR@", "trap", "@DIR@/signals"]
)"});
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "signals") == "ready\n"; }));
  const auto router = birl.router_pid();
  ASSERT_TRUE(router.has_value());
  ::kill(*router, SIGSTOP);
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_FALSE(is_running(*router));
}

/// Every run leaves a process that holds its pipes. The router was asked to close the oldest and
/// died of something else: without a new request no run would ever start again.
TEST(RouterDeathTest, PipesThatItDidNotCloseAnyMoreAreClosedByTheNext) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.leaver]
log = ["files"]
backoff = {initial = "20ms", max = "20ms"}
command = "setsid sleep 1000 & exit 7"
[sink.files]
type = "file"
path = "@DIR@/log/{service}/current"
)"});
  const auto reason = [&] { return text_in(birl.service("leaver"), "reason"); };
  ASSERT_TRUE(eventually([&] { return !reason().empty(); }));
  const auto router = birl.router_pid();
  ASSERT_TRUE(router.has_value());
  ::kill(*router, SIGSTOP);
  ASSERT_TRUE(eventually([&] { return reason().find("earlier runs") != std::string::npos; }));
  ::kill(*router, SIGKILL);
  EXPECT_TRUE(eventually([&] { return reason().find('7') != std::string::npos; })) << reason();
}

TEST(RouterDeathTest, ItMayOpenAsManyFilesAsTheHardLimitAllows) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low{.rlim_cur = 256, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
)"});
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const auto router = birl.router_pid();
  ASSERT_TRUE(router.has_value());
  const auto open_files = [&] {
    rlimit now{};
    ::prlimit(*router, RLIMIT_NOFILE, nullptr, &now);
    return now.rlim_cur;
  };
  EXPECT_TRUE(eventually([&] { return open_files() > 256; }));
}

}  // namespace
}  // namespace support
