// `birl upgrade` at the control socket: who may ask, what waits, what is answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/control/reply.h"
#include "supervisor/control/request_handler.h"
#include "tests/supervisor/control/fake_port.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RequestUpgradeTest : public testing::Test {
 protected:
  Answer ask(std::string_view line, const Caller& caller = {}) {
    return handler_.handle(line, caller);
  }

  FakePort port_;
  RequestHandler handler_{port_, ControlAccess{.user = 33, .group = 1000}, ControlLimits{}};
};

TEST_F(RequestUpgradeTest, WhoAsksWaitsUntilItHasFailed) {
  port_.arrives_at_once = false;
  Answer answer = ask("upgrade \"/usr/local/bin/birl new\"");
  EXPECT_THAT(port_.calls, ElementsAre("upgrade /usr/local/bin/birl new"));
  ASSERT_TRUE(answer.hold.has_value());
  EXPECT_FALSE(handler_.review(*answer.hold).has_value());
  port_.upgrade_state.ended = 1;
  port_.upgrade_state.error = base::Error{.code = base::ErrorCode::kUnavailable,
                                          .sys_errno = 0,
                                          .message = "cannot upgrade: it is no birl"};
  const auto told = handler_.review(*answer.hold);
  ASSERT_TRUE(told.has_value());
  EXPECT_THAT(told->chunks.at(0).bytes, HasSubstr("cannot upgrade: it is no birl"));
}

TEST_F(RequestUpgradeTest, OnlyRootAndBirlsOwnUserMayAsk) {
  EXPECT_TRUE(ask("upgrade", {.is_owner = true, .uid = 33}).hold.has_value());
  port_.calls.clear();
  // A member of control.group is an owner, but of services.
  const Answer refused = ask("upgrade", {.is_owner = true, .uid = 77, .groups = {1000}});
  EXPECT_THAT(refused.chunks.at(0).bytes, HasSubstr("cannot upgrade for uid 77"));
  EXPECT_TRUE(port_.calls.empty());
}

TEST_F(RequestUpgradeTest, TheAnswerOfTheNextBirlIsRead) {
  const auto report = parse_upgrade(make_upgrade_answer(
      {.version = "2.0", .former_version = "1.0", .binary = "/b\"irl", .pid = 1}));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->version, "2.0");
  EXPECT_EQ(report->former_version, "1.0");
  EXPECT_EQ(report->binary, "/b\"irl");
  EXPECT_EQ(report->pid, 1);
}

}  // namespace
}  // namespace supervisor
