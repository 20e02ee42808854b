#include "base/check.h"

#include <gtest/gtest.h>

#include <csignal>

namespace base {
namespace {

TEST(CheckDeathTest, AFailedCheckSaysWhereAndAborts) {
  EXPECT_EXIT(check_failed("one == two", "room/file.cpp", 1234), testing::KilledBySignal(SIGABRT),
              "birl: check failed: one == two \\(room/file.cpp:1234\\)");
}

}  // namespace
}  // namespace base
