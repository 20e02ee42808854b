#include "supervisor/config/node.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

TEST(NodeTest, PathsQuoteWhatTomlHasToQuote) {
  EXPECT_EQ(join_key("", "service"), "service");
  EXPECT_EQ(join_key("service", "web-1_a"), "service.web-1_a");
  EXPECT_EQ(join_key("service", "php8.2"), "service.\"php8.2\"");
  EXPECT_EQ(join_key("a", ""), "a.\"\"");
  EXPECT_FALSE(is_bare_key("a b"));
}

TEST(NodeTest, FindsEntriesAndKnowsTheirKind) {
  Node table = make_table({"a", 1, 1});
  table.entries.emplace("x", make_strings({"a", 2, 1}, {"1", "2"}));
  ASSERT_NE(table.find("x"), nullptr);
  EXPECT_EQ(table.find("x")->items[1].text, "2");
  EXPECT_EQ(table.find("y"), nullptr);
  EXPECT_EQ(kind_name(table.find("x")->kind), "an array");
  EXPECT_TRUE(make_boolean({}, true).truth);
}

}  // namespace
}  // namespace supervisor
