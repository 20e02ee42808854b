#include "logging/pipeline/redact.h"

#include <random>

#include "logging/parse/json_fields.h"
#include "logging/pipeline/card_numbers.h"
#include "logging/pipeline/secrets.h"
#include "tests/logging/field_text.h"

namespace logging {
namespace {

std::string redacted(const std::vector<std::string>& what, std::string_view text) {
  const auto redactor = Redactor::make(what);
  EXPECT_TRUE(redactor) << redactor.error().message;
  Arena arena;
  return std::string(redactor->redact(text, arena));
}

TEST(RedactTest, CreditCards) {
  const std::vector<std::string> what{"credit-card"};
  EXPECT_EQ(redacted(what, "card 4111111111111111 paid"), "card [REDACTED] paid");
  EXPECT_EQ(redacted(what, "4111-1111-1111-1111,5500 0000 0000 0004"), "[REDACTED],[REDACTED]");
  EXPECT_EQ(redacted(what, "2024-01-02 4111 1111 1111 1111"), "2024-01-02 [REDACTED]");
  EXPECT_EQ(redacted(what, R"({"n":378282246310005})"), R"({"n":[REDACTED]})");
  for (const std::string_view text : {"4111111111111112", "1704164645678", "41111111111111111111",
                                      "12345678", "2024-01-02T03:04:05.678"}) {
    EXPECT_EQ(redacted(what, text), text);
  }
}

/// Every place of a card in a text is found, however the steps of the search meet it.
TEST(RedactTest, ACardIsFoundAtEveryOffset) {
  for (std::size_t before = 0; before < 40; ++before) {
    for (std::size_t behind = 0; behind < 20; ++behind) {
      const std::string text =
          std::string(before, 'x') + "4111111111111111" + std::string(behind, 'y');
      const auto found = find_card(text, 0);
      ASSERT_TRUE(found) << text;
      EXPECT_EQ(found->begin, before);
      EXPECT_EQ(found->end, before + 16);
    }
  }
}

TEST(RedactTest, Addresses) {
  EXPECT_EQ(redacted({"email"}, "from a.b+c@example.co.uk, @ and x@y"),
            "from [REDACTED], @ and x@y");
  EXPECT_EQ(redacted({"email"}, "<me@example.org>."), "<[REDACTED]>.");
  EXPECT_EQ(redacted({"ipv4"}, "10.0.0.1:80 1.2.3.4.5 256.1.1.1 v1.2.3.4 1.2.3"),
            "[REDACTED]:80 1.2.3.4.5 256.1.1.1 v1.2.3.4 1.2.3");
  EXPECT_EQ(redacted({"ipv6"}, "[2001:db8::1]:80 fe80::1%eth0 1:2:3:4:5:6:7:8 ::1"),
            "[[REDACTED]]:80 [REDACTED]%eth0 [REDACTED] [REDACTED]");
  EXPECT_EQ(redacted({"ipv6"}, R"({"a":1,"t":"03:04:05","x::y":2} std::cout at 12:30)"),
            R"({"a":1,"t":"03:04:05","x::y":2} std::cout at 12:30)");
}

TEST(RedactTest, TokensAndKeys) {
  EXPECT_EQ(redacted({"bearer"}, "Authorization: Bearer abc.def-123=="),
            "Authorization: Bearer [REDACTED]");
  EXPECT_EQ(redacted({"bearer"}, "a bearer of news"), "a bearer of news");
  EXPECT_EQ(redacted({"aws_key"}, "id AKIAIOSFODNN7EXAMPLE!"), "id [REDACTED]!");
  EXPECT_EQ(
      redacted({"aws_key"}, "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      "aws_secret_access_key = [REDACTED]");
  EXPECT_EQ(redacted({"jwt"}, "t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123 x"),
            "t=[REDACTED] x");
  EXPECT_EQ(redacted({"private_key"},
                     "k -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- z"),
            "k [REDACTED] z");
  EXPECT_EQ(redacted({"private_key"}, "-----BEGIN PRIVATE KEY-----MIIabc"), "[REDACTED]");
  EXPECT_EQ(redacted({"private_key"}, "-----BEGIN PUBLIC KEY-----"), "-----BEGIN PUBLIC KEY-----");
}

TEST(RedactTest, RegularExpressionsAndBuiltInsTogether) {
  EXPECT_EQ(redacted({"email", "pass=\\S+"}, "pass=x a@b.com pass=y"),
            "[REDACTED] [REDACTED] [REDACTED]");
  EXPECT_EQ(redacted({"x*"}, "axxb"), "a[REDACTED]b");
  EXPECT_FALSE(Redactor::make({"("}));
}

Record parsed_record(std::string_view raw, Arena& arena) {
  Record record;
  record.raw = {raw, ValueKind::kText};
  record.origin = TextOrigin::kJson;
  JsonParser parser;
  EXPECT_EQ(parser.parse(raw, arena, record.fields), "");
  return record;
}

TEST(RedactTest, GoesThroughRawTextAndAllFieldsAndKeepsJsonValid) {
  Arena arena;
  const std::string raw =
      R"({"m":"a\u0040b.com","n":4111111111111111,"o":{"p":["x","a@b.com",4111111111111111]},"q":"c@d.org"})";
  Record record = parsed_record(raw, arena);
  Redactor::make({"email", "credit_card"})->apply(record, arena);
  EXPECT_EQ(
      field_text(record.fields),
      R"(m="[REDACTED]" n="[REDACTED]" o=json:{"p":["x","[REDACTED]","[REDACTED]"]} q="[REDACTED]")");
  EXPECT_EQ(
      record.raw.text,
      R"({"m":"[REDACTED]","n":"[REDACTED]","o":{"p":["x","[REDACTED]","[REDACTED]"]},"q":"[REDACTED]"})");
}

TEST(RedactTest, IsTotalOverAnyBytes) {
  const auto redactor = Redactor::make(
      {"credit_card", "email", "ipv4", "ipv6", "bearer", "aws_key", "jwt", "private_key", "a+b"});
  ASSERT_TRUE(redactor);
  const std::string_view alphabet("4111-:. @abAKIAeyJ\0\xff/=", 22);
  std::mt19937 random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t left = random() % 60; left > 0; --left) {
      text += alphabet[random() % alphabet.size()];
    }
    Arena arena;
    const std::string_view clean = redactor->redact(text, arena);
    ASSERT_EQ(redactor->redact(clean, arena).size() > 0, !clean.empty());
  }
}

}  // namespace
}  // namespace logging
