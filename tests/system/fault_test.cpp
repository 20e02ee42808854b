// PID 1 must not die: a fault inside it leaves the services alive, and the container still ends as
// it should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <tuple>

#include "tests/support/control_client.h"
#include "tests/support/instance.h"
#include "tests/support/proc.h"

namespace support {
namespace {

class FaultTest : public testing::TestWithParam<std::tuple<const char*, World>> {
 protected:
  void SetUp() override {
#ifdef BIRL_SANITIZED
    GTEST_SKIP() << "sanitizers handle these signals themselves";
#endif
    if (!can_make(std::get<World>(GetParam()))) {
      GTEST_SKIP() << "a new PID namespace needs root";
    }
  }

  static InstanceOptions options() {
    return {.config = R"(
[birl]
shutdown_timeout = "5s"
[service.app]
primary = true
log = []
command = ["@ACTOR@", "trap", "@DIR@/app"]
[service.helper]
log = []
command = ["@ACTOR@", "trap", "@DIR@/helper"]
)",
            .environment = {"BIRL_DEBUG_FAULTS=1"},
            .world = std::get<World>(GetParam())};
  }

  /// Asks for the fault and waits until birl has said that it lives on without its loop.
  static void inject(const Instance& birl) {
    ASSERT_TRUE(eventually([&] {
      return read_text(birl.directory() / "app") == "ready\n" &&
             read_text(birl.directory() / "helper") == "ready\n";
    }));
    const std::string before = birl.stderr_text();
    const base::Fd socket = connect_to(birl.socket_path());
    const std::string line = std::string("debug-fault ") + std::get<0>(GetParam()) + "\n";
    ASSERT_EQ(::send(socket.get(), line.data(), line.size(), 0), static_cast<ssize_t>(line.size()));
    ASSERT_TRUE(eventually([&] { return birl.stderr_text() != before; }));
  }
};

std::string name_of_case(const testing::TestParamInfo<FaultTest::ParamType>& parameter) {
  const auto& [kind, world] = parameter.param;
  return std::string(kind) + (world == World::kPlain ? "AsSubreaper" : "AsPid1");
}

INSTANTIATE_TEST_SUITE_P(Kinds, FaultTest,
                         testing::Combine(testing::Values("abort", "segv", "bad_alloc", "ebadf"),
                                          testing::Values(World::kPlain, World::kPidNamespace)),
                         name_of_case);

TEST_P(FaultTest, ServicesLiveOnAndALaterTermStopsThem) {
  Instance birl(options());
  const auto app = [&] { return birl.service_pid("app"); };
  ASSERT_TRUE(eventually([&] { return app().has_value(); }));
  const pid_t app_pid = *app();
  inject(birl);
  EXPECT_TRUE(throughout([&] { return is_running(app_pid) && birl.alive(); }, 100ms));
  EXPECT_EQ(birl.stop(), 0) << "the primary's own code";
  EXPECT_THAT(read_text(birl.directory() / "app"), testing::HasSubstr("\n15 "));
  EXPECT_THAT(read_text(birl.directory() / "helper"), testing::HasSubstr("\n15 "));
}

TEST_P(FaultTest, TheEndOfThePrimaryStillEndsTheContainerWithItsCode) {
  Instance birl(options());
  ASSERT_TRUE(eventually([&] { return birl.service_pid("app").has_value(); }));
  const pid_t app_pid = *birl.service_pid("app");
  inject(birl);
  ASSERT_EQ(::kill(app_pid, SIGKILL), 0);
  EXPECT_EQ(birl.wait_exit(), 128 + SIGKILL);
  EXPECT_THAT(read_text(birl.directory() / "helper"), testing::HasSubstr("\n15 "));
}

TEST(FaultSwitchTest, WithoutTheVariableAFaultIsRefused) {
  Instance birl({.config = "[service.app]\ncommand = [\"@ACTOR@\", \"wait\"]\n"});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  EXPECT_TRUE(birl.request("debug-fault abort").has_value());
  EXPECT_EQ(birl.state("app"), "running");
}

}  // namespace
}  // namespace support
