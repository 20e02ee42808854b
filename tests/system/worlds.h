// Tests that must hold both for a child subreaper and for PID 1 of a namespace.
//
//     class OrphansTest : public WorldTest {};
//     INSTANTIATE_TEST_SUITE_P(Worlds, OrphansTest, both_worlds(), name_of_world);
//     TEST_P(OrphansTest, ...) { Instance birl({..., .world = world()}); }
//
// Where namespaces are not allowed the second half is skipped and says so. Threads: the test's.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/support/launch.h"

namespace support {

class WorldTest : public testing::TestWithParam<World> {
 protected:
  void SetUp() override {
    if (!can_make(world())) {
      GTEST_SKIP() << "a new PID namespace needs root";
    }
  }
  [[nodiscard]] static World world() { return GetParam(); }
};

inline auto both_worlds() {
  return testing::Values(World::kPlain, World::kPidNamespace);
}

inline std::string name_of_world(const testing::TestParamInfo<World>& parameter) {
  return parameter.param == World::kPlain ? "AsSubreaper" : "AsPid1";
}

}  // namespace support
