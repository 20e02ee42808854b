#include "supervisor/config/instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/name_patterns.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names(const std::map<std::string, ServiceConfig>& services) {
  std::vector<std::string> all;
  for (const auto& [name, service] : services) {
    EXPECT_EQ(service.name, name);
    all.push_back(name);
  }
  return all;
}

constexpr const char* kThree = R"(
[service.web]
command = ["web"]
instances = 3
log = ["console"]
[service.db]
command = ["db"]
)";

TEST(InstancesTest, OneTableIsSeveralServices) {
  const LoadedConfig loaded = load_text(kThree);
  EXPECT_THAT(problem_lines(loaded), IsEmpty());
  EXPECT_THAT(names(loaded.config.services), ElementsAre("db", "web@1", "web@2", "web@3"));
  EXPECT_THAT(loaded.config.services.at("web@2").command.argv, ElementsAre("web"));
  EXPECT_EQ(count_instances(loaded.config.services, "web"), 3U);
  EXPECT_EQ(count_instances(loaded.config.services, "db"), 0U);
}

TEST(InstancesTest, AreScaledUpAndDown) {
  auto services = load_text(kThree).config.services;
  scale_instances(services, "web", 1);
  EXPECT_THAT(names(services), ElementsAre("db", "web@1"));
  scale_instances(services, "web", 2);
  EXPECT_THAT(names(services), ElementsAre("db", "web@1", "web@2"));
}

TEST(InstancesTest, NamesTellWhoBelongsTogether) {
  EXPECT_EQ(template_of("web@2"), "web");
  EXPECT_EQ(template_of("web"), "web");
  EXPECT_EQ(instance_number("web@12"), "12");
  EXPECT_EQ(instance_number("web"), "1");
  EXPECT_TRUE(is_addressed("web@2", "web"));
  EXPECT_TRUE(is_addressed("web@2", "web@2"));
  EXPECT_FALSE(is_addressed("web@2", "web@1"));
  EXPECT_FALSE(is_addressed("website@2", "web"));
}

TEST(InstancesTest, PatternsOfSinksTakeThemByEitherName) {
  EXPECT_TRUE(base::takes_name({"web"}, "web@2"));
  EXPECT_TRUE(base::takes_name({"web@2"}, "web@2"));
  EXPECT_FALSE(base::takes_name({"*", "!web"}, "web@2"));
  EXPECT_TRUE(base::takes_name({"web", "!web@2"}, "web@1"));
  EXPECT_FALSE(base::takes_name({"web", "!web@2"}, "web@2"));
}

}  // namespace
}  // namespace supervisor
