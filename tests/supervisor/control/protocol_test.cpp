#include "supervisor/control/protocol.h"

#include <gtest/gtest.h>

#include <random>

namespace supervisor {
namespace {

using Words = std::vector<std::string>;

TEST(ProtocolTest, PlainWordsTravelAsTheyAre) {
  EXPECT_EQ(make_request_line(Words{"restart", "web", "--no-wait"}), "restart web --no-wait\n");
}

TEST(ProtocolTest, WordsWithSpacesQuotesAndControlsAreQuoted) {
  EXPECT_EQ(make_request_line(Words{"status", "a b", "", "say \"x\\y\"", "tab\there"}),
            "status \"a b\" \"\" \"say \\\"x\\\\y\\\"\" \"tab\\x09here\"\n");
}

TEST(ProtocolTest, ParsesWhatAPersonTypes) {
  EXPECT_EQ(parse_words("  status   \"a b\"  \"\\x41\\n\" \r"), (Words{"status", "a b", "A\n"}));
  EXPECT_EQ(parse_words(""), Words{});
}

TEST(ProtocolTest, RefusesBrokenQuotingWithAReason) {
  EXPECT_EQ(parse_words("status \"a").error().message,
            "cannot read the request: a quote does not end");
  EXPECT_EQ(parse_words("status \"a\\").error().message,
            "cannot read the request: a quote does not end");
  EXPECT_EQ(parse_words("\"a\"b").error().message,
            "cannot read the request: a space must follow a closing quote");
  EXPECT_EQ(parse_words("\"\\x4\"").error().message,
            "cannot read the request: \\x needs two hexadecimal digits");
  EXPECT_EQ(parse_words("a\"b").error().message,
            "cannot read the request: a word with a quote, a backslash or a control byte must be "
            "quoted");
  EXPECT_FALSE(parse_words("\"\\q\""));
  EXPECT_FALSE(parse_words("a\tb"));
}

TEST(ProtocolTest, LimitsTheNumberOfWords) {
  std::string line;
  for (std::size_t index = 0; index <= ProtocolLimits::kWords; ++index) {
    line += "x ";
  }
  EXPECT_EQ(parse_words(line).error().message, "cannot read the request: more than 512 words");
}

TEST(ProtocolTest, EveryWordSurvivesTheRoundTrip) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    Words words(1 + random() % 5);
    for (std::string& word : words) {
      word.resize(random() % 12);
      for (char& c : word) {
        c = static_cast<char>(random() % 256);
      }
    }
    const std::string line = make_request_line(words);
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    ASSERT_EQ(parse_words(std::string_view(line).substr(0, line.size() - 1)), words);
  }
}

TEST(ProtocolTest, RandomLinesNeverDoMoreThanFail) {
  std::mt19937 random(11);
  const std::string_view alphabet = "ab \"\\xn4\x01\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string line(random() % 24, ' ');
    for (char& c : line) {
      c = alphabet[random() % alphabet.size()];
    }
    if (const auto words = parse_words(line)) {
      const std::string again = make_request_line(*words);
      ASSERT_EQ(parse_words(std::string_view(again).substr(0, again.size() - 1)), *words);
    }
  }
}

TEST(ProtocolTest, AnErrorTravelsWithItsCode) {
  EXPECT_EQ(make_error_json({.code = base::ErrorCode::kNotFound, .sys_errno = 2, .message = "x"}),
            R"({"error":"x","code":"not_found"})");
}

}  // namespace
}  // namespace supervisor
