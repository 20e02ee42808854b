#include "bench/numbered_line.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

std::string make_line(const NumberedLine& line) {
  std::string text;
  append_line(text, line);
  return text;
}

TEST(NumberedLineTest, TheChecksumIsTheOneOfGzip) {
  EXPECT_EQ(crc32(0, "123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32(crc32(0, "12345678901"), "23456789"), crc32(0, "1234567890123456789"));
}

TEST(NumberedLineTest, ALineReadsAsItsPage) {
  const std::string text = make_line({"web", "out", 42, "hello world"});
  EXPECT_EQ(text.substr(0, 21), "web out 000000000042 ");
  EXPECT_EQ(text.substr(29), " hello world\n");
}

TEST(NumberedLineTest, AWrittenLineReadsBack) {
  const std::string text = make_line({"web", "err", 7, "a b  c"});
  const ParsedLine parsed = parse_line(std::string_view(text).substr(0, text.size() - 1));
  EXPECT_EQ(parsed.kind, LineKind::kWhole);
  EXPECT_EQ(parsed.line.id, "web");
  EXPECT_EQ(parsed.line.stream, "err");
  EXPECT_EQ(parsed.line.sequence, 7U);
  EXPECT_EQ(parsed.line.payload, "a b  c");
}

TEST(NumberedLineTest, EverySingleChangedByteIsSeen) {
  std::string text = make_line({"web", "out", 42, "payload of some length"});
  text.pop_back();
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_NE(parse_line(changed).kind, LineKind::kWhole) << "byte " << at;
  }
}

TEST(NumberedLineTest, ACutOrGluedLineIsDamaged) {
  const std::string text = make_line({"web", "out", 42, "payload"});
  EXPECT_EQ(parse_line(text.substr(0, text.size() - 3)).kind, LineKind::kDamaged);
  EXPECT_EQ(parse_line(text.substr(0, 25)).kind, LineKind::kDamaged);
  EXPECT_EQ(parse_line(text.substr(0, text.size() - 1) + text).kind, LineKind::kDamaged);
}

TEST(NumberedLineTest, TextOfOthersIsForeign) {
  EXPECT_EQ(parse_line("").kind, LineKind::kForeign);
  EXPECT_EQ(parse_line("birl: service web exited with code 1").kind, LineKind::kForeign);
  EXPECT_EQ(parse_line("web out 42 00000000 x").kind, LineKind::kForeign);
}

TEST(NumberedLineTest, AHalfLineIsKnownByItsMarkAndOnlyWhenNothingIsGluedToIt) {
  std::string text = make_line({"web", "out", 42, "HALFHALFHALFHALF"});
  text.resize(text.size() - 7);
  EXPECT_EQ(parse_line(text).kind, LineKind::kHalf);
  EXPECT_EQ(parse_line(text + "web out").kind, LineKind::kDamaged);
}

}  // namespace
}  // namespace bench
