#include "logging/parse/logfmt.h"

#include "tests/logging/field_text.h"

namespace logging {
namespace {

std::string parse(std::string_view line) {
  Arena arena;
  FieldList fields;
  const ParseProblem problem = parse_logfmt(line, arena, fields);
  return problem.empty() ? field_text(fields) : std::string(problem);
}

TEST(LogfmtTest, ReadsPairs) {
  EXPECT_EQ(
      parse(R"(level=warn msg="it is \"late\"\n" took=1.5 ok=true n=007 cached empty= e="")"),
      R"(level="warn" msg="it is \"late\"\n" took=json:1.5 ok=json:true n="007" cached=json:true empty="" e="")");
  EXPECT_EQ(parse("  a=b=c \t d=1 \r"), R"(a="b=c" d=json:1)");
  EXPECT_EQ(parse("a=1 a=2"), "a=json:2");
  EXPECT_EQ(parse(R"(a="x"b=1)"), R"(a="x" b=json:1)");
}

TEST(LogfmtTest, SaysWhyALineIsNone) {
  EXPECT_EQ(parse("just some words"), "logfmt: there is no key=value");
  EXPECT_EQ(parse(""), "logfmt: there is no key=value");
  EXPECT_EQ(parse("=x"), "logfmt: a value has no key");
  EXPECT_EQ(parse(R"(a="x)"), "logfmt: a quote has no end");
  EXPECT_EQ(parse(R"(a="x\")"), "logfmt: a quote has no end");
  EXPECT_EQ(parse(R"(a"b=1)"), "logfmt: a quote stands within a key");
}

TEST(LogfmtTest, IsTotalOverAnyBytes) {
  const std::string_view alphabet("=\" \\ab\0\xff\t", 9);
  std::uint64_t state = 3;
  for (int round = 0; round < 50'000; ++round) {
    std::string line;
    for (int index = 0; index < 12; ++index) {
      state = state * 6'364'136'223'846'793'005U + 1;
      line += alphabet[(state >> 40U) % alphabet.size()];
    }
    static_cast<void>(parse(line));
  }
}

}  // namespace
}  // namespace logging
