#include "supervisor/config/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/name_patterns.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

logging::SinkConfig sink(std::string name, logging::SinkType type,
                         std::vector<std::string> services = {}) {
  logging::SinkConfig config;
  config.name = std::move(name);
  config.type = type;
  config.services = std::move(services);
  return config;
}

Config two_sinks() {
  Config config;
  config.sinks["console"] = sink("console", logging::SinkType::kConsole);
  config.sinks["all"] = sink("all", logging::SinkType::kFile, {"web*", "!web-debug"});
  return config;
}

TEST(RoutesTest, AServiceGoesToItsLogAndToSinksThatTakeIt) {
  ServiceConfig service;
  service.name = "web1";
  EXPECT_THAT(sinks_of(service, two_sinks()), ElementsAre("console", "all"));
  service.name = "web-debug";
  EXPECT_THAT(sinks_of(service, two_sinks()), ElementsAre("console"));
}

TEST(RoutesTest, ASinkNamedTwiceTakesAServiceOnce) {
  ServiceConfig service;
  service.name = "web1";
  service.log = {"all", "all"};
  EXPECT_THAT(sinks_of(service, two_sinks()), ElementsAre("all"));
}

TEST(RoutesTest, AnEmptyLogKeepsAServiceInItsRingOnly) {
  ServiceConfig service;
  service.name = "quiet";
  service.log = std::vector<std::string>{};
  EXPECT_THAT(sinks_of(service, two_sinks()), IsEmpty());
}

TEST(RoutesTest, OwnMessagesGoToTheConsoleOnly) {
  EXPECT_THAT(sinks_of_own_messages(two_sinks()), ElementsAre("console"));
  EXPECT_THAT(sinks_of_own_messages(Config{}), IsEmpty());
}

TEST(RoutesTest, OnlyExclusionsBeginWithEverything) {
  EXPECT_TRUE(base::takes_name({"!nginx"}, "web"));
  EXPECT_FALSE(base::takes_name({"!nginx"}, "nginx"));
  EXPECT_FALSE(base::takes_name({}, "web"));
}

TEST(RoutesTest, RingsShareTheirMemoryAndStayPowersOfTwo) {
  EXPECT_EQ(ring_capacity({1U << 20U}, {64U << 20U}, 3), 1U << 20U);
  EXPECT_EQ(ring_capacity({1U << 20U}, {64U << 20U}, 100), 512U << 10U);
  EXPECT_EQ(ring_capacity({1U << 20U}, {64U << 20U}, 5000), 64U << 10U);
}

}  // namespace
}  // namespace supervisor
