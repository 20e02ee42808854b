#include "logging/record.h"

#include "logging/arena.h"
#include "tests/logging/field_text.h"

namespace logging {
namespace {

TEST(FieldListTest, ALaterValueTakesThePlaceOfAnEarlierOne) {
  FieldList fields;
  EXPECT_TRUE(fields.set("a", {"1"}));
  EXPECT_TRUE(fields.set("b", {"2"}));
  EXPECT_TRUE(fields.set("a", {"3"}));
  EXPECT_EQ(field_text(fields), R"(a="3" b="2")");
  EXPECT_TRUE(fields.remove("a"));
  EXPECT_FALSE(fields.remove("a"));
  EXPECT_TRUE(fields.set("a", {"4"}));
  EXPECT_EQ(field_text(fields), R"(b="2" a="4")");
}

TEST(FieldListTest, TellsManyNamesApart) {
  FieldList fields;
  std::vector<std::string> names;
  for (int index = 0; index < 500; ++index) {
    names.push_back("name" + std::to_string(index));
  }
  for (int round = 0; round < 2; ++round) {
    for (const std::string& name : names) {
      EXPECT_TRUE(fields.set(name, {name}));
    }
  }
  ASSERT_EQ(fields.size(), names.size());
  for (const std::string& name : names) {
    EXPECT_EQ(fields.find(name)->value.text, name);
  }
}

TEST(FieldListTest, HasALimit) {
  FieldList fields;
  std::vector<std::string> names;
  for (std::size_t index = 0; index <= RecordLimits::kFields; ++index) {
    names.push_back(std::to_string(index));
  }
  for (std::size_t index = 0; index < RecordLimits::kFields; ++index) {
    EXPECT_TRUE(fields.set(names[index], {}));
  }
  EXPECT_FALSE(fields.set(names.back(), {}));
  EXPECT_TRUE(fields.set(names.front(), {"again"}));
}

TEST(ArenaTest, KeepsWhatItGaveUntilItIsReset) {
  Arena arena;
  const std::string_view first = arena.copy("first");
  const std::string large(ArenaLimits::kBlockBytes * 2, 'x');
  const std::string_view second = arena.join(large, "end");
  EXPECT_EQ(first, "first");
  EXPECT_EQ(second, large + "end");
  arena.reset();
  EXPECT_EQ(arena.copy("next").data(), first.data());  // the same memory once more
}

TEST(ArenaTest, TakesBackWhatWasTooMuch) {
  Arena arena;
  char* taken = arena.take(100);
  arena.give_back(90);
  EXPECT_EQ(arena.take(1), taken + 10);
}

}  // namespace
}  // namespace logging
