#include "supervisor/control/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Names = std::vector<std::string>;

ServiceStatus service(std::string name, std::string state) {
  ServiceStatus made;
  made.name = std::move(name);
  made.ready = state == "running" || state == "done";
  made.state = std::move(state);
  return made;
}

StatusReport report_of(std::vector<ServiceStatus> services) {
  StatusReport report;
  report.services = std::move(services);
  return report;
}

TEST(HealthTest, EveryServiceOfTheBootMustBeReady) {
  StatusReport report = report_of({service("web", "running"), service("migrate", "done"),
                                   service("worker", "backoff"), service("tool", "stopped")});
  report.services[2].reason = "exited with 1";
  report.services[3].start_at_boot = false;
  EXPECT_THAT(*find_health_problems(report, {}, HealthScope::kReady),
              ElementsAre(HealthProblem{"worker", "it is backoff: exited with 1"}));
}

TEST(HealthTest, NamesLimitTheQuestionAndOverrideTheBootRule) {
  StatusReport report = report_of({service("web", "running"), service("tool", "stopped")});
  report.services[1].start_at_boot = false;
  EXPECT_THAT(*find_health_problems(report, Names{"web"}, HealthScope::kReady), IsEmpty());
  EXPECT_THAT(*find_health_problems(report, Names{"tool"}, HealthScope::kReady),
              ElementsAre(HealthProblem{"tool", "it is stopped"}));
}

TEST(HealthTest, LiveAsksOnlyWhetherAPrimaryIsLost) {
  StatusReport report = report_of({service("web", "starting"), service("worker", "failed")});
  report.services[0].primary = true;
  EXPECT_THAT(*find_health_problems(report, {}, HealthScope::kLive), IsEmpty());
  report.services[0].healthy = false;
  EXPECT_THAT(*find_health_problems(report, {}, HealthScope::kLive),
              ElementsAre(HealthProblem{"web", "its health check fails"}));
}

TEST(HealthTest, AnUnknownNameIsNotFoundAndTheNearestIsNamed) {
  const StatusReport report = report_of({service("web", "running")});
  const auto problems = find_health_problems(report, Names{"weeb"}, HealthScope::kReady);
  ASSERT_FALSE(problems);
  EXPECT_EQ(problems.error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(problems.error().message, "cannot find service weeb (did you mean web?)");
}

TEST(HealthTest, TheAnswerListsTheProblems) {
  EXPECT_EQ(make_health_json({}), R"({"healthy":true,"problems":[]})");
  const std::vector<HealthProblem> problems{{"web", "it is failed"}};
  EXPECT_EQ(make_health_json(problems),
            R"({"healthy":false,"problems":[{"service":"web","reason":"it is failed"}]})");
}

}  // namespace
}  // namespace supervisor
