// An init reaps what others leave behind.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

class OrphansTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, OrphansTest, both_worlds(), name_of_world);

TEST_P(OrphansTest, TenThousandOrphansAreReaped) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "wait"]
[service.factory]
type = "oneshot"
command = ["@ACTOR@", "orphans", "10000"]
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return birl.state("factory") == "done"; }, 110s));
  // What is left: the router and the app.
  EXPECT_TRUE(eventually([&] {
    const auto left = descendants(birl.pid());
    return left.size() <= 2 && count_zombies(left) == 0;
  })) << descendants(birl.pid()).size()
      << " processes left";
  EXPECT_EQ(birl.state("app"), "running");
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

}  // namespace
}  // namespace support
