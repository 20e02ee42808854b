#include "logging/parse/regex_fields.h"

#include "tests/logging/field_text.h"

namespace logging {
namespace {

TEST(RegexFieldsTest, NamedGroupsBecomeFields) {
  const auto parser = RegexParser::make(R"(^(?P<method>\w+) (\S+)(?: (?P<status>\d+))?$)");
  ASSERT_TRUE(parser) << parser.error().message;
  FieldList fields;
  EXPECT_EQ(parser->parse("GET /x 200", fields), "");
  EXPECT_EQ(field_text(fields), R"(method="GET" status="200")");
  EXPECT_EQ(parser->parse("GET /x", fields), "");
  EXPECT_EQ(field_text(fields), R"(method="GET")");
  EXPECT_EQ(parser->parse("nothing", fields), "regex: it does not match");
}

TEST(RegexFieldsTest, TakesBytesThatAreNoText) {
  const auto parser = RegexParser::make("a(?P<x>.*)b");
  ASSERT_TRUE(parser);
  FieldList fields;
  const std::string line("a\0\0b", 4);
  EXPECT_EQ(parser->parse(line, fields), "");
  EXPECT_EQ(fields.find("x")->value.text.size(), 2U);
}

TEST(RegexFieldsTest, SaysWhatIsWrongWithAPattern) {
  EXPECT_EQ(RegexParser::make("(?P<a>").error().message, "missing ): (?P<a>");
  EXPECT_THAT(RegexParser::make("(a)").error().message, testing::HasSubstr("no named group"));
  std::string many;
  for (int index = 0; index < 70; ++index) {
    many += "(?P<n" + std::to_string(index) + ">a)";
  }
  EXPECT_EQ(RegexParser::make(many).error().message, "it has more than 63 groups");
  EXPECT_EQ(find_regex_error("a+"), "");
  EXPECT_EQ(find_regex_error("a(?=b)"), "invalid perl operator: (?=");
}

}  // namespace
}  // namespace logging
