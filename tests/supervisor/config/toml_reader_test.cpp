#include "supervisor/config/toml_reader.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

TEST(TomlReaderTest, EveryKindHasItsPlace) {
  const auto root = parse_toml(
      "text = 'x'\ninteger = -5\nnumber = 1.5\ntruth = true\ndate = 1979-05-27\n"
      "array = [1, 'a']\n[table]\nk = { deep = 1 }\n",
      "a.toml");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("text")->text, "x");
  EXPECT_EQ(root->find("text")->key_origin, (Origin{"a.toml", 1, 1}));
  EXPECT_EQ(root->find("text")->origin, (Origin{"a.toml", 1, 8}));
  EXPECT_EQ(root->find("integer")->integer, -5);
  EXPECT_EQ(root->find("number")->number, 1.5);
  EXPECT_TRUE(root->find("truth")->truth);
  EXPECT_EQ(root->find("date")->text, "1979-05-27");
  EXPECT_EQ(root->find("array")->items[1].origin, (Origin{"a.toml", 6, 13}));
  EXPECT_EQ(root->find("table")->find("k")->find("deep")->integer, 1);
}

TEST(TomlReaderTest, AnEmptyTextIsAnEmptyTable) {
  const auto root = parse_toml("", "a.toml");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->kind, NodeKind::kTable);
  EXPECT_TRUE(root->entries.empty());
}

TEST(TomlReaderTest, ASyntaxErrorHasItsPlace) {
  const auto root = parse_toml("a = 1\nb = \n", "a.toml");
  ASSERT_FALSE(root);
  EXPECT_EQ(format_problem(root.error()),
            "a.toml:2:5: cannot parse key-value pair: expected value, saw '\\n'");
}

TEST(TomlReaderTest, TheDeepestAllowedTextIsReadAndADeeperOneIsAnError) {
  std::string keys = "k";
  for (std::size_t part = 1; part < 32; ++part) {
    keys += ".k";
  }
  std::string text = keys;
  for (std::size_t level = 0; level < 30; ++level) {
    text += " = { " + keys;
  }
  EXPECT_TRUE(parse_toml(text + " = 1" + std::string(30, '}'), "a"));
  const std::string deep = "x = " + std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(parse_toml(deep, "a").error().message, "cannot parse a value that is nested so deep");
}

TEST(TomlReaderTest, CutAnywhereATextIsReadOrRefusedAndNeverACrash) {
  const std::string text =
      "[service.web]\ncommand = [\"a\\u00e9\", 'b']\nx.\"y z\" = { a = 1e5, b = 07:32:00 }\n"
      "t = \"\"\"\n\\\n x\"\"\"\n[[list]]\nn = 0xff\n";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto root = parse_toml(text.substr(0, length), "a");
    EXPECT_TRUE(root || root.error().message.starts_with("cannot")) << length;
  }
}

}  // namespace
}  // namespace supervisor
