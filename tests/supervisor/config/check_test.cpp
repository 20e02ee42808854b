#include "supervisor/config/check.h"

#include <gtest/gtest.h>

#include "base/fd.h"
#include "supervisor/config/check_paths.h"
#include "supervisor/config/encode.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using Words = std::vector<std::string>;

RoleOutput check(const std::string& toml, Words words = {}) {
  const TemporaryDirectory empty;  // so that nothing of the machine's own /etc/birl is read
  words.insert(words.end(), {"-c", empty.path()});
  return run_check(words, {{"BIRL_SET", toml}});
}

TEST(CheckTest, AGoodConfigurationIsFine) {
  const RoleOutput output = check("service.web.command = ['web']");
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.out, "the configuration is fine: services: 1, sinks: 1, read: BIRL_SET\n");
  EXPECT_EQ(output.errors, "");
}

TEST(CheckTest, WhatIsMissingIsAWarningUnlessStrict) {
  const std::string toml =
      "service.web.command = ['/nonexistent/web', '${PORT}']\n"
      "service.api.command = ['/nonexistent/api']\n";
  const std::string missing_program =
      "cannot use service.api.command: /nonexistent/api: No such file or directory\n";
  const std::string missing_variable =
      "cannot expand ${PORT}: the variable is not set (${PORT:-default} allows that)\n";
  const RoleOutput lenient = check(toml);
  EXPECT_EQ(lenient.exit_code, 0);
  EXPECT_EQ(lenient.errors, "BIRL_SET:1:44: warning: " + missing_variable +
                                "BIRL_SET:2:23: warning: " + missing_program);
  const RoleOutput strict = check(toml, {"--strict"});
  EXPECT_EQ(strict.exit_code, 2);
  EXPECT_EQ(strict.errors,
            "BIRL_SET:1:44: " + missing_variable + "BIRL_SET:2:23: " + missing_program);
}

TEST(CheckTest, AnEmptyConfigurationIsFineWithAWarning) {
  const RoleOutput output = check("");
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.errors,
            "warning: cannot run anything: there is no service in BIRL_SET and no command was "
            "given\n");
}

TEST(CheckTest, JsonHasProblemsServicesAndSinks) {
  const RoleOutput output =
      check("service.web.command = ['web']\nservice.web.nise = 1", {"--json"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_EQ(output.out,
            "{\"problems\":[{\"file\":\"BIRL_SET\",\"line\":2,\"column\":13,\"message\":\"cannot "
            "use service.web.nise: there is no such key (did you mean nice?)\",\"severity\":"
            "\"error\"}],\"services\":[{\"name\":\"web\",\"type\":\"daemon\"}],\"sinks\":[{"
            "\"name\":\"console\",\"type\":\"console\"}]}\n");
  EXPECT_EQ(output.errors, "");
}

TEST(CheckTest, ShowPrintsTheMergedConfiguration) {
  const RoleOutput output = check("service.web.command = ['web']", {"--show"});
  EXPECT_EQ(
      output.out,
      "[service.web]\ncommand = [\"web\"]  # BIRL_SET:1:13\n"
      "log = [\"console\"]  # (default)\n\n[sink.console]\ntype = \"console\"  # (default)\n");
}

TEST(CheckTest, AnUnknownArgumentIsAUsageError) {
  const RoleOutput output = check("", {"--stric"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_EQ(output.errors, "birl: cannot use the argument --stric (did you mean --strict?)\n");
}

class LoadRoleTest : public testing::Test {
 protected:
  RoleOutput load(const std::string& toml, Words words = {}) {
    words.insert(words.begin(), {"-c", directory_.path()});
    return run_load(words, {{"BIRL_SET", toml}, {"BIRL_TYPO", ""}}, memory_.get());
  }

  TemporaryDirectory directory_;
  base::Fd memory_ = *base::make_memory_file("config", kConfigMemoryBytes, "/tmp");
};

TEST_F(LoadRoleTest, HandsTheConfigurationOver) {
  const RoleOutput output = load("service.web.command = ['web']");
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.errors, "birl: cannot use the variable BIRL_TYPO: it means nothing to birl\n");
  const auto config = read_config(memory_.get());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->services.at("web").command.argv, Words{"web"});
}

TEST_F(LoadRoleTest, AMissingVariableIsAnErrorAndNothingIsHandedOver) {
  const RoleOutput output = load("service.web.command = ['web', '${PORT}']");
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_NE(output.errors.find("\nBIRL_SET:1:31: cannot expand ${PORT}"), std::string::npos);
  EXPECT_FALSE(read_config(memory_.get()));
}

TEST_F(LoadRoleTest, TheCommandBecomesMain) {
  EXPECT_EQ(load("", {"--", "top", "-b"}).exit_code, 0);
  const auto config = read_config(memory_.get());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->services.at("main").command.argv, (Words{"top", "-b"}));
}

TEST_F(LoadRoleTest, NothingToRunIsAnError) {
  const RoleOutput output = load("");
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_NE(output.errors.find("cannot run anything: there is no service in BIRL_SET"),
            std::string::npos);
}

TEST_F(LoadRoleTest, AConfigurationLargerThanTheMemoryIsAnError) {
  memory_ = *base::make_memory_file("config", 64, "/tmp");
  const RoleOutput output = load("service.web.command = ['web']");
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_NE(output.errors.find("birl: cannot hand over the configuration"), std::string::npos);
}

}  // namespace
}  // namespace supervisor
