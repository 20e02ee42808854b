#include "supervisor/config/expand.h"

#include <gtest/gtest.h>

#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using Lines = std::vector<std::string>;

class ExpandTest : public testing::Test {
 protected:
  Node expand(const std::string& text) {
    Node node = make_string({"a.toml", 1, 5}, text);
    Expander expander(environment_, problems_);
    expander.set_scope(&scope_);
    expander.expand(node);
    return node;
  }

  Environment environment_{{"NAME", "env"}, {"EMPTY", ""}, {"LOOP", "${NAME}"}, {"BOTH", "env"}};
  Scope scope_{{"BOTH", {.text = "scope"}}, {"HIDDEN", {.text = "s3cret", .secret = true}}};
  Problems problems_;
};

TEST_F(ExpandTest, ReplacesVariablesDefaultsAndDollars) {
  EXPECT_EQ(expand("a ${NAME} b").text, "a env b");
  EXPECT_EQ(expand("${UNSET:-x y}${EMPTY:-z}${NAME:-n}").text, "x yzenv");
  EXPECT_EQ(expand("${EMPTY}|${UNSET:-}").text, "|");
  EXPECT_EQ(expand("$$ $${NAME} $5 $").text, "$ ${NAME} $5 $");
  EXPECT_EQ(problem_lines(problems_), Lines{});
}

TEST_F(ExpandTest, ExpandsOnlyOnce) {
  Node node = expand("${LOOP}");
  EXPECT_EQ(node.text, "${NAME}");
  Expander(environment_, problems_).expand(node);
  EXPECT_EQ(node.text, "${NAME}");
}

TEST_F(ExpandTest, TheServicesOwnVariableComesFirst) {
  EXPECT_EQ(expand("${BOTH}").text, "scope");
}

TEST_F(ExpandTest, ASecretMarksWhatIsMadeOfIt) {
  const Node node = expand("token=${HIDDEN}");
  EXPECT_EQ(node.text, "token=s3cret");
  EXPECT_TRUE(node.secret);
  EXPECT_FALSE(expand("${NAME}").secret);
}

TEST_F(ExpandTest, AFileLosesOneFinalNewlineAndIsSecret) {
  const TemporaryDirectory directory;
  const Node node = expand("<${file:" + directory.write("token", "a\nb\n\n") + "}>");
  EXPECT_EQ(node.text, "<a\nb\n>");
  EXPECT_TRUE(node.secret);
}

TEST_F(ExpandTest, WhatIsMissingIsToldAndLeavesTheTextAlone) {
  const Node node = expand("${NAME} ${UNSET} ${file:/nonexistent}");
  EXPECT_TRUE(node.unresolved);
  EXPECT_EQ(node.text, "${NAME} ${UNSET} ${file:/nonexistent}");
  EXPECT_EQ(problem_lines(problems_),
            (Lines{"a.toml:1:5: cannot expand ${UNSET}: the variable is not set (${UNSET:-default} "
                   "allows that)",
                   "a.toml:1:5: cannot expand ${file:/nonexistent}: cannot open: No such file or "
                   "directory"}));
  EXPECT_EQ(problems_.sorted().front().severity, Severity::kMissing);
}

TEST_F(ExpandTest, ASecretFileHasALimit) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(
      expand("${file:" + directory.write("big", std::string(70'000, 'x')) + "}").unresolved);
  EXPECT_FALSE(
      expand("${file:" + directory.write("ok", std::string(65'536, 'x')) + "}").unresolved);
}

}  // namespace
}  // namespace supervisor
