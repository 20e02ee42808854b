#include "supervisor/machine/service_rules.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

RestartPolicy restart_of(const ServiceConfig& config) {
  return make_service_rules(config, 15).restart;
}

TEST(ServiceRulesTest, ADaemonRestartsAlwaysAPrimaryAndAOneshotNever) {
  EXPECT_EQ(restart_of({}), RestartPolicy::kAlways);
  ServiceConfig primary;
  primary.primary = true;
  EXPECT_EQ(restart_of(primary), RestartPolicy::kNever);
  ServiceConfig oneshot;
  oneshot.type = ServiceType::kOneshot;
  EXPECT_EQ(restart_of(oneshot), RestartPolicy::kNever);
}

TEST(ServiceRulesTest, AWrittenPolicyWins) {
  ServiceConfig primary;
  primary.primary = true;
  primary.restart = RestartPolicy::kOnFailure;
  EXPECT_EQ(restart_of(primary), RestartPolicy::kOnFailure);
}

TEST(ServiceRulesTest, AShellCommandIsStoppedByItsGroupUnlessWrittenOtherwise) {
  ServiceConfig config;
  config.command = {{"sleep 1"}, true};
  EXPECT_EQ(make_service_rules(config, 15).stop_to, StopTo::kGroup);
  config.stop.to = StopTo::kProcess;
  EXPECT_EQ(make_service_rules(config, 15).stop_to, StopTo::kProcess);
  config.stop.to.reset();
  config.command.shell = false;
  EXPECT_EQ(make_service_rules(config, 15).stop_to, StopTo::kProcess);
}

}  // namespace
}  // namespace supervisor
