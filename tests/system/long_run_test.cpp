// The full amounts: two million lines, two hundred deaths of the router, fifty of everything.
// Label: long.
#include <gtest/gtest.h>

#include <random>

#include "tests/system/delivery.h"
#include "tests/system/killed_container.h"

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

TEST(LongRunTest, FiftyKillsOfTheWholeContainerLoseNothingThatReachedTheRing) {
  if (!can_make(World::kPidNamespace)) {
    GTEST_SKIP() << "a new PID namespace needs root";
  }
  KilledContainer container;
  std::mt19937 random(50);  // NOLINT: the same lives each time
  for (int life = 0; life < 50; ++life) {
    ASSERT_NO_FATAL_FAILURE(container.live(1 + random() % 30'000));
  }
  ASSERT_NO_FATAL_FAILURE(container.deliver());
  container.expect_exactly_once();
}

}  // namespace
}  // namespace support
