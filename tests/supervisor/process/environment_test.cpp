// Covers supervisor/process/environment_file.cpp too.
#include "supervisor/process/environment.h"

#include <sys/stat.h>

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

std::string error_of(std::string_view text) {
  return parse_environment_file(text, "f.env").error().message;
}

TEST(EnvironmentFileTest, ReadsNamesValuesQuotesAndComments) {
  const Environment environment = *parse_environment_file(
      "# comment\n"
      "\n"
      "A=1\n"
      "  B = spaces inside  \t\r\n"
      "export C=exported\n"
      "HASH=pass#word\n"
      "EMPTY=\n"
      "SINGLE='a \\ $b \"c'\n"
      "DOUBLE=\"a \\\"b\\\" \\$c \\n d\"  # behind\n"
      "LINES='one\n"
      "two'\n"
      "A=last wins",
      "f.env");
  EXPECT_THAT(environment,
              UnorderedElementsAre(Pair("A", "last wins"), Pair("B", "spaces inside"),
                                   Pair("C", "exported"), Pair("HASH", "pass#word"),
                                   Pair("EMPTY", ""), Pair("SINGLE", "a \\ $b \"c"),
                                   Pair("DOUBLE", "a \"b\" $c \\n d"), Pair("LINES", "one\ntwo")));
}

TEST(EnvironmentFileTest, ErrorsTellTheLine) {
  EXPECT_EQ(error_of("A=1\n\nnonsense\n"), "cannot read f.env:3: expected NAME=value");
  EXPECT_EQ(error_of("A='x\ny'\n=1\n"), "cannot read f.env:3: \"\" is no name of a variable");
  EXPECT_EQ(error_of("\n2A=1"), "cannot read f.env:2: \"2A\" is no name of a variable");
  EXPECT_EQ(error_of("A='x'y\n"), "cannot read f.env:1: text after the closing quote");
  EXPECT_EQ(error_of("A=\"x\n"), "cannot read f.env:1: the closing quote is missing");
  EXPECT_EQ(error_of(std::string_view("A=\0", 3)), "cannot read f.env: it contains a NUL byte");
}

class EnvironmentTest : public testing::Test {
 protected:
  Environment build() { return *build_environment(service_, sources_); }

  TemporaryDirectory directory_;
  std::vector<std::string> container_{"PATH=/bin", "HOME=/root", "X=container"};
  base::Account account_{.name = "app", .uid = 1, .gid = 1, .home = "/srv", .shell = "/bin/false"};
  ServiceConfig service_;
  EnvironmentSources sources_{.container = container_, .instance = "1", .socket = "/run/s"};

  void SetUp() override { service_.name = "web"; }
};

TEST_F(EnvironmentTest, LaterSourcesWinOneAfterAnother) {
  EXPECT_EQ(build().at("X"), "container");
  const std::string scripts = directory_.path() + "/scripts";
  ASSERT_EQ(::mkdir(scripts.c_str(), 0755), 0);
  directory_.write("scripts/X", "script\n");
  directory_.write("scripts/.X.tmp", "half");
  sources_.directory = scripts;
  EXPECT_EQ(build().at("X"), "script\n");
  EXPECT_FALSE(build().contains(".X.tmp"));
  service_.environment_file = {directory_.write("1.env", "X=first\nY=y"),
                               directory_.write("2.env", "X=second")};
  EXPECT_EQ(build().at("X"), "second");
  EXPECT_EQ(build().at("Y"), "y");
  service_.environment = {{"X", "given"}};
  EXPECT_EQ(build().at("X"), "given");
  service_.environment_from_file = {{"X", directory_.write("secret", " s3\ncret\n\n")}};
  EXPECT_EQ(build().at("X"), " s3\ncret\n");
}

TEST_F(EnvironmentTest, TheAccountSetsItsFourUnlessTheServiceDoes) {
  EXPECT_EQ(build().at("HOME"), "/root");
  sources_.account = &account_;
  service_.environment = {{"SHELL", "/bin/zsh"}};
  const Environment environment = build();
  EXPECT_EQ(environment.at("HOME"), "/srv");
  EXPECT_EQ(environment.at("USER"), "app");
  EXPECT_EQ(environment.at("LOGNAME"), "app");
  EXPECT_EQ(environment.at("SHELL"), "/bin/zsh");
}

TEST_F(EnvironmentTest, BirlsOwnVariablesDoNotReachServices) {
  container_ = {"BIRL_SET=secret", "BIRL_SET_2=x", "BIRL_DEBUG_CRASH=1", "BIRL_SETTLE=kept",
                "no equals",       "=C:",          "BIRL_SERVICE=old"};
  sources_.container = container_;
  EXPECT_THAT(environment_list(build()), ElementsAre("BIRL_INSTANCE=1", "BIRL_SERVICE=web",
                                                     "BIRL_SETTLE=kept", "BIRL_SOCKET=/run/s"));
}

TEST_F(EnvironmentTest, CanStartFromNothing) {
  service_.clear_environment = true;
  service_.environment = {{"A", "1"}};
  EXPECT_THAT(environment_list(build()),
              ElementsAre("A=1", "BIRL_INSTANCE=1", "BIRL_SERVICE=web", "BIRL_SOCKET=/run/s"));
}

TEST_F(EnvironmentTest, OnlyAFileWithADashMayBeAbsent) {
  service_.environment_file = {"-/no/such.env"};
  EXPECT_TRUE(build_environment(service_, sources_));
  service_.environment_file = {"/no/such.env"};
  EXPECT_EQ(build_environment(service_, sources_).error().message,
            "cannot read /no/such.env: No such file or directory");
}

TEST_F(EnvironmentTest, WhatCannotBeAValueIsAnError) {
  service_.environment_from_file = {{"A", directory_.write("nul", std::string("a\0b", 3))}};
  EXPECT_THAT(build_environment(service_, sources_).error().message, HasSubstr("NUL byte"));
  service_.environment_from_file = {{"A", directory_.path()}};
  EXPECT_THAT(build_environment(service_, sources_).error().message,
              HasSubstr("not a regular file"));
  service_.environment_from_file = {{"A", directory_.write("big", std::string(200'000, 'x'))}};
  EXPECT_THAT(build_environment(service_, sources_).error().message, HasSubstr("more than"));
}

}  // namespace
}  // namespace supervisor
