#include "supervisor/config/merge.h"

#include <gtest/gtest.h>

#include "supervisor/config/show.h"
#include "supervisor/config/toml_reader.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using Lines = std::vector<std::string>;

struct Merged {
  std::string shown;
  std::vector<std::string> problems;
  std::map<std::string, Origin> removed;
};

/// Merges texts named 1, 2, ... and shows the outcome.
Merged merge(const std::vector<std::string>& texts) {
  MergedTree tree;
  Problems problems;
  for (std::size_t index = 0; index < texts.size(); ++index) {
    merge_source(tree, *parse_toml(texts[index], std::to_string(index + 1)), problems);
  }
  return {show_config(tree.root), problem_lines(problems), tree.removed};
}

TEST(MergeTest, TablesMergeAndValuesAndListsAreReplaced) {
  EXPECT_EQ(merge({"[s.web]\nlog = ['a', 'b']\nuser = 'x'\nstop = {signal = 'INT'}",
                   "[s.web]\nlog = ['c']\nstop = {timeout = '1s'}"})
                .shown,
            "[s.web]\nlog = [\"c\"]  # 2:2:1\nuser = \"x\"  # 1:3:1\n\n"
            "[s.web.stop]\nsignal = \"INT\"  # 1:4:9\ntimeout = \"1s\"  # 2:3:9\n");
}

TEST(MergeTest, RemoveTakesATableOutAndKeepsItsPlace) {
  const Merged merged = merge({"[s.web]\na = 1\n[s.api]\nb = 1", "[s.web]\nremove = true"});
  EXPECT_EQ(merged.shown, "[s.api]\nb = 1  # 1:4:1\n");
  EXPECT_EQ(merged.removed, (std::map<std::string, Origin>{{"s.web", {"2", 2, 1}}}));
  EXPECT_EQ(merged.problems, Lines{});
}

TEST(MergeTest, RemoveTakesASubTableOut) {
  EXPECT_EQ(merge({"[s.web]\na = 1\nhealth = {x = 1}", "[s.web.health]\nremove = true"}).shown,
            "[s.web]\na = 1  # 1:2:1\n");
}

TEST(MergeTest, WhatWasRemovedCanBeMadeAgain) {
  const Merged merged = merge({"[s.web]\na = 1", "[s.web]\nremove = true", "[s.web]\nb = 2"});
  EXPECT_EQ(merged.shown, "[s.web]\nb = 2  # 3:2:1\n");
  EXPECT_TRUE(merged.removed.empty());
}

TEST(MergeTest, ReplaceDropsWhatEarlierFilesSaid) {
  const Merged merged = merge({"[s.web]\na = 1\n[s.api]\nb = 1", "[s.web]\nreplace = true\nc = 2"});
  EXPECT_EQ(merged.shown, "[s.api]\nb = 1  # 1:4:1\n\n[s.web]\nc = 2  # 2:3:1\n");
}

TEST(MergeTest, FalseDirectivesDoNothingAndAreGone) {
  EXPECT_EQ(merge({"[s]\na = 1", "[s]\nremove = false\nreplace = false"}).shown,
            "[s]\na = 1  # 1:2:1\n");
}

TEST(MergeTest, AVariableMayBeCalledRemove) {
  EXPECT_EQ(merge({"[s.environment]\nremove = 'yes'"}).shown,
            "[s.environment]\nremove = \"yes\"  # 1:2:1\n");
}

TEST(MergeTest, RemovingNothingIsAWarning) {
  EXPECT_EQ(merge({"[s.web]\nremove = true"}).problems,
            Lines{"1:2:1: cannot remove s.web: nothing before this has it"});
}

TEST(MergeTest, WhoNamesOneAlternativeDropsTheOthersAndNothingElse) {
  EXPECT_EQ(
      merge({"[service.web.ready]\nhttp = 'x'\ninterval = '1s'", "[service.web.ready]\ntcp = 80"})
          .shown,
      "[service.web.ready]\ninterval = \"1s\"  # 1:3:1\ntcp = 80  # 2:2:1\n");
  EXPECT_EQ(
      merge({"[service.web.ready]\nhttp = 'x'", "[service.web.ready]\ninterval = '1s'"}).shown,
      "[service.web.ready]\nhttp = \"x\"  # 1:2:1\ninterval = \"1s\"  # 2:2:1\n");
}

TEST(MergeTest, AnAlternativeOfTheDefaultsLosesAgainstTheServicesOwn) {
  Node service = *parse_toml("health = {tcp = 80}", "s");
  inherit(service, *parse_toml("health = {http = 'x', failures = 5}", "d"));
  EXPECT_EQ(service.find("health")->find("http"), nullptr);
  EXPECT_NE(service.find("health")->find("failures"), nullptr);
}

TEST(MergeTest, InheritedKeysAreMarkedAndLoseAgainstTheServicesOwn) {
  Node service = *parse_toml("nice = 1\nstop = {signal = 'INT'}", "s");
  inherit(service, *parse_toml("nice = 2\nuser = 'x'\nstop = {timeout = '1s'}", "d"));
  EXPECT_EQ(service.find("nice")->integer, 1);
  EXPECT_FALSE(service.find("stop")->inherited);
  EXPECT_TRUE(service.find("stop")->find("timeout")->inherited);
  EXPECT_FALSE(service.find("stop")->find("signal")->inherited);
  EXPECT_TRUE(service.find("user")->inherited);
}

}  // namespace
}  // namespace supervisor
