#include "supervisor/config/problem.h"

#include <gtest/gtest.h>

#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using Lines = std::vector<std::string>;

TEST(ProblemsTest, SortsByFileLineAndColumn) {
  Problems problems;
  problems.error({"b.toml", 1, 1}, "cannot b");
  problems.warn({"a.toml", 10, 2}, "cannot late");
  problems.error({"a.toml", 10, 1}, "cannot early");
  problems.missing({}, "cannot anywhere");
  Lines lines;
  for (const Problem& problem : problems.sorted({"a.toml", "b.toml"})) {
    lines.push_back(format_problem(problem));
  }
  EXPECT_EQ(lines, (Lines{"cannot anywhere", "a.toml:10:1: cannot early",
                          "a.toml:10:2: cannot late", "b.toml:1:1: cannot b"}));
}

TEST(ProblemsTest, KeepsARepeatedProblemOnce) {
  Problems problems;
  problems.error({"a.toml", 1, 1}, "cannot a");
  problems.error({"a.toml", 1, 1}, "cannot a");
  problems.error({"a.toml", 1, 1}, "cannot b");
  EXPECT_EQ(problem_lines(problems), (Lines{"a.toml:1:1: cannot a", "a.toml:1:1: cannot b"}));
}

TEST(ProblemsTest, WhatIsMissingIsAnErrorOnlyWhereItIsNeeded) {
  EXPECT_EQ(severity_name(Severity::kMissing, true), "error");
  EXPECT_EQ(severity_name(Severity::kMissing, false), "warning");
  EXPECT_EQ(severity_name(Severity::kWarning, true), "warning");
  Problems problems;
  problems.missing({}, "cannot x");
  EXPECT_FALSE(problems.has_errors());
  problems.error({}, "cannot y");
  EXPECT_TRUE(problems.has_errors());
}

}  // namespace
}  // namespace supervisor
