#include "bench/line_generator.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "bench/numbered_line.h"

namespace bench {
namespace {

TEST(LineBlockTest, EveryLineOfAPatchedBlockProvesItself) {
  PayloadSource payloads(3, 100);
  LineBlock block("gen", "out", 100, payloads);
  for (const std::uint64_t number : {0ULL, 1ULL, 999ULL, 123'456'789ULL, 2ULL}) {
    const auto lines = base::split(block.at(number), '\n');
    ASSERT_EQ(lines.size(), LineBlock::kLines + 1);
    for (std::uint64_t index = 0; index < LineBlock::kLines; ++index) {
      const ParsedLine parsed = parse_line(lines[index]);
      ASSERT_EQ(parsed.kind, LineKind::kWhole) << lines[index];
      ASSERT_EQ(parsed.line.sequence, number * LineBlock::kLines + index);
    }
  }
}

TEST(LineBlockTest, LinesHaveTheAskedLength) {
  PayloadSource payloads(3, 5000);
  LineBlock block("gen", "err", 5000, payloads);
  EXPECT_EQ(block.at(4).size(), 5000 * LineBlock::kLines);
  EXPECT_EQ(block.at(4).find('\n'), 4999U);
}

TEST(PayloadSourceTest, TheSameSeedGivesTheSamePayloads) {
  PayloadSource first(7, 50);
  PayloadSource second(7, 50);
  PayloadSource other(8, 50);
  EXPECT_EQ(first.next(50), second.next(50));
  EXPECT_NE(first.next(50), other.next(50));
}

TEST(PayloadSourceTest, LengthsStayWithinTheirBoundsAndReachThem) {
  PayloadSource payloads(7, 10);
  bool least = false;
  bool most = false;
  for (int round = 0; round < 1000; ++round) {
    const std::size_t length = payloads.length_between(3, 10);
    ASSERT_GE(length, 3U);
    ASSERT_LE(length, 10U);
    least |= length == 3;
    most |= length == 10;
  }
  EXPECT_TRUE(least && most);
}

}  // namespace
}  // namespace bench
