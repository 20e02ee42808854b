// The full amounts: two million lines, and two hundred deaths of the router. Label: long.
#include <gtest/gtest.h>

#include "tests/system/delivery.h"

namespace support {
namespace {

constexpr std::uint64_t kLines = 250'000;  // on each of eight streams

TEST(LongRunTest, TwoMillionLinesAreThereOnce) {
  const DeliveryPlan plan{.lines = kLines};
  Instance birl(make_delivery(plan));
  ASSERT_TRUE(eventually([&] { return delivery_finished(birl, plan); }, 600s));
  expect_delivered(birl, plan);
}

TEST(LongRunTest, TwoMillionLinesSurviveTwoHundredKillsOfTheRouter) {
  const DeliveryPlan plan{.lines = kLines};
  Instance birl(make_delivery(plan));
  const int early = kill_router_often(birl, 250);
  ASSERT_TRUE(eventually([&] { return delivery_finished(birl, plan); }, 600s));
  expect_delivered(birl, plan);
  std::cout << early << " of 250 kills came while lines were written\n";
}

TEST(LongRunTest, TwoMillionLinesSurviveDeathsInEveryStep) {
  const DeliveryPlan plan{.lines = kLines};
  InstanceOptions options = make_delivery(plan);
  options.environment = {"BIRL_DEBUG_CRASH=*:300"};
  Instance birl(options);
  ASSERT_TRUE(eventually([&] { return delivery_finished(birl, plan); }, 1000s));
  expect_delivered(birl, plan);
  std::cout << birl.status()["router"]["restarts"] << " deaths\n";
}

}  // namespace
}  // namespace support
