#include "supervisor/config/environment.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

TEST(EnvironmentTest, TheFirstOfEqualNamesCountsAndGarbageIsSkipped) {
  const char* entries[] = {"A=1", "garbage", "=x", "B=", "C=a=b", "A=2", nullptr};
  EXPECT_EQ(make_environment(entries), (Environment{{"A", "1"}, {"B", ""}, {"C", "a=b"}}));
  EXPECT_EQ(make_environment(nullptr), Environment{});
}

}  // namespace
}  // namespace supervisor
