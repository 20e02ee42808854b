#include "supervisor/process/passed_fds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace supervisor {
namespace {

using testing::ElementsAre;

TEST(PassedFdsTest, ComeInARowAndReplaceWhatSomebodyElseWasTold) {
  SpawnRequest request;
  request.environment = {"LISTEN_FDS=9", "LISTEN_PID=1", "HOME=/"};
  pass_fds({{.fd = 21, .name = "tcp-80"}, {.fd = 20, .name = "stored"}}, request);
  EXPECT_THAT(request.environment,
              ElementsAre("HOME=/", "LISTEN_FDS=2", "LISTEN_FDNAMES=tcp-80:stored"));
  EXPECT_EQ(request.own_pid_variable, "LISTEN_PID");
  ASSERT_EQ(request.fds.size(), 2U);
  EXPECT_EQ(request.fds[0].source, 21);
  EXPECT_EQ(request.fds[0].target, 3);
  EXPECT_EQ(request.fds[1].source, 20);
  EXPECT_EQ(request.fds[1].target, 4);
}

TEST(PassedFdsTest, WithoutAnyNothingIsChanged) {
  SpawnRequest request;
  request.environment = {"LISTEN_FDS=9"};
  pass_fds({}, request);
  EXPECT_THAT(request.environment, ElementsAre("LISTEN_FDS=9"));
  EXPECT_EQ(request.own_pid_variable, "");
}

}  // namespace
}  // namespace supervisor
