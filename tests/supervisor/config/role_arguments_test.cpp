#include "supervisor/config/role_arguments.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

using Words = std::vector<std::string>;

TEST(RoleArgumentsTest, CheckTakesPathsAndFlags) {
  const Words words{"-c", "a", "--strict", "-c", "b", "--json", "--show"};
  const auto parsed = parse_role_arguments(Role::kCheck, words);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->config_paths, (Words{"a", "b"}));
  EXPECT_TRUE(parsed->strict && parsed->json && parsed->show);
}

TEST(RoleArgumentsTest, LoadTakesACommandWithOrWithoutDashes) {
  const Words with{"--hold", "--", "-c", "--hold"};
  const auto dashes = parse_role_arguments(Role::kLoad, with);
  ASSERT_TRUE(dashes);
  EXPECT_TRUE(dashes->hold);
  EXPECT_EQ(dashes->command, (Words{"-c", "--hold"}));
  const Words without{"-c", "f", "top", "-c", "x", "--"};
  const auto bare = parse_role_arguments(Role::kLoad, without);
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->config_paths, Words{"f"});
  EXPECT_EQ(bare->command, (Words{"top", "-c", "x", "--"}));
}

TEST(RoleArgumentsTest, CheckTakesALineAndTestTakesFiles) {
  const auto line = parse_role_arguments(Role::kCheck, Words{"--line", "web", "-c", "-c", "a"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->line_service + "|" + line->line_text, "web|-c");
  EXPECT_EQ(line->config_paths, Words{"a"});
  EXPECT_EQ(parse_role_arguments(Role::kCheck, Words{"--line", "web"}).error().message,
            "cannot use --line without a service and a text");
  const auto test = parse_role_arguments(Role::kTest, Words{"a.toml", "--json"});
  ASSERT_TRUE(test);
  EXPECT_EQ(test->config_paths, Words{"a.toml"});
}

TEST(RoleArgumentsTest, AnUnknownWordNamesTheNearest) {
  EXPECT_EQ(parse_role_arguments(Role::kCheck, Words{"--strcit"}).error().message,
            "cannot use the argument --strcit (did you mean --strict?)");
  EXPECT_EQ(parse_role_arguments(Role::kCheck, Words{"a.toml"}).error().message,
            "cannot use the argument a.toml (did you mean -c a.toml?)");
  EXPECT_EQ(parse_role_arguments(Role::kCheck, Words{"--everything"}).error().message,
            "cannot use the argument --everything (known are -c --line --json --show --strict)");
  EXPECT_EQ(parse_role_arguments(Role::kLoad, Words{"-c"}).error().message,
            "cannot use -c without a file or directory");
}

}  // namespace
}  // namespace supervisor
