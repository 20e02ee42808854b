#include "logging/parse/json_token.h"

namespace logging {
namespace {

std::string unescaped(std::string_view inner) {
  std::string text(inner.size(), '\0');
  text.resize(unescape_json(inner, text.data()));
  return text;
}

TEST(JsonTokenTest, KnowsWholeNumbers) {
  for (const std::string_view text : {"0", "-0", "10", "1.5", "1e5", "1E-5", "-1.25e+10"}) {
    EXPECT_TRUE(is_json_number(text)) << text;
  }
  for (const std::string_view text :
       {"", "-", "01", "1.", ".5", "+1", "1e", "1e+", "1x", " 1", "0x1", "1.2.3"}) {
    EXPECT_FALSE(is_json_number(text)) << text;
  }
}

TEST(JsonTokenTest, FindsTheEndOfAString) {
  const std::string_view json = R"(["a\"b","\\",""])";
  EXPECT_EQ(json_string_end(json, 1), 7U);
  EXPECT_EQ(json_string_end(json, 8), 12U);
  EXPECT_EQ(json_string_end(json, 13), 15U);
}

TEST(JsonTokenTest, Unescapes) {
  EXPECT_EQ(unescaped(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(unescaped(R"(\u0041\u00e9\u20AC\ud83d\ude00)"), "Aé€😀");
  EXPECT_EQ(unescaped(R"(\ud83dx\ude00)"), "\xEF\xBF\xBDx\xEF\xBF\xBD");
}

}  // namespace
}  // namespace logging
