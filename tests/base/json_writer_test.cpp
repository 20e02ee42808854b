#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/utf8.h"

namespace base {
namespace {

TEST(JsonWriterTest, WritesNestedValuesWithCommas) {
  JsonWriter json;
  json.begin_object().field("a", 1).key("b").begin_array().value(true).null().value(-2).end_array();
  json.field("c", 1.5).field("d", std::uint64_t{18'446'744'073'709'551'615U}).end_object();
  EXPECT_EQ(json.text(), R"({"a":1,"b":[true,null,-2],"c":1.5,"d":18446744073709551615})");
}

TEST(JsonWriterTest, EscapesControlsAndReplacesInvalidUtf8) {
  JsonWriter json;
  json.value(std::string_view("q\" b\\ n\n z\0 e\x01 \xC3\xA4 \xFF", 19));
  EXPECT_EQ(json.text(), "\"q\\\" b\\\\ n\\n z\\u0000 e\\u0001 \xC3\xA4 \xEF\xBF\xBD\"");
}

TEST(JsonWriterTest, ACharacterThatIsNotPlainIsFoundWhereverItStands) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\"", "\\\""},   {"\\", "\\\\"},           {"\n", "\\n"},           {"\x1F", "\\u001f"},
      {"\x7F", "\x7F"}, {"\x80", "\xEF\xBF\xBD"}, {"\xC3\xA4", "\xC3\xA4"}};
  for (const auto& [special, escaped] : cases) {
    for (std::size_t before = 0; before <= 17; ++before) {
      std::string out;
      append_json_string(out, std::string(before, '!') + special + std::string(9, '~'));
      EXPECT_EQ(out, '"' + std::string(before, '!') + escaped + std::string(9, '~') + '"');
    }
  }
}

TEST(JsonWriterTest, InfinityIsNull) {
  JsonWriter json;
  json.value(std::numeric_limits<double>::infinity());
  EXPECT_EQ(json.text(), "null");
}

TEST(Utf8Test, AcceptsWhatRfc3629AllowsAndNothingElse) {
  EXPECT_EQ(utf8_sequence_bytes("a"), 1U);
  EXPECT_EQ(utf8_sequence_bytes("\xC2\x80"), 2U);
  EXPECT_EQ(utf8_sequence_bytes("\xE2\x82\xAC"), 3U);
  EXPECT_EQ(utf8_sequence_bytes("\xF0\x9F\x98\x80"), 4U);
  EXPECT_EQ(utf8_sequence_bytes("\xC0\x80"), 0U) << "overlong";
  EXPECT_EQ(utf8_sequence_bytes("\xED\xA0\x80"), 0U) << "surrogate";
  EXPECT_EQ(utf8_sequence_bytes("\xF4\x90\x80\x80"), 0U) << "above U+10FFFF";
  EXPECT_EQ(utf8_sequence_bytes("\xE2\x82"), 0U) << "cut off";
  EXPECT_EQ(utf8_sequence_bytes(""), 0U);
}

}  // namespace
}  // namespace base
