#include "base/text.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(DurationTest, ReadsEveryUnitAndSums) {
  EXPECT_EQ(*parse_duration_ns("250ms"), 250'000'000U);
  EXPECT_EQ(*parse_duration_ns("1h30m"), 5'400'000'000'000U);
  EXPECT_EQ(*parse_duration_ns("7d"), 604'800'000'000'000U);
}

TEST(DurationTest, ABareNumberIsAnErrorWithAHint) {
  EXPECT_EQ(parse_duration_ns("10").error().message,
            "cannot read \"10\" as a duration: it has no unit; write \"10s\" for seconds");
}

TEST(DurationTest, OverflowIsAnError) {
  EXPECT_FALSE(parse_duration_ns("99999999999999999d"));
  EXPECT_FALSE(parse_duration_ns("213503d24h99999999999999s"));
}

TEST(DurationTest, FormatsTheShortestExactSpelling) {
  EXPECT_EQ(format_duration(5'400'000'000'000U), "1h30m");
  EXPECT_EQ(format_duration(0), "0s");
}

TEST(BytesTest, ReadsBinaryAndDecimalUnits) {
  EXPECT_EQ(*parse_bytes("64KiB"), 65'536U);
  EXPECT_EQ(*parse_bytes("10MB"), 10'000'000U);
  EXPECT_EQ(*parse_bytes("512"), 512U);
  EXPECT_FALSE(parse_bytes("64K"));
  EXPECT_FALSE(parse_bytes(""));
}

TEST(BytesTest, FormatReadsBack) {
  for (const std::uint64_t bytes : {0ULL, 1ULL, 1000ULL, 1024ULL, 65'536ULL, 1'500'000ULL}) {
    EXPECT_EQ(*parse_bytes(format_bytes(bytes)), bytes);
  }
}

TEST(NearestTest, FindsATypingErrorAndNothingFarAway) {
  const std::vector<std::string> names{"restart", "ready", "environment"};
  EXPECT_EQ(nearest("restrat", names), "restart");
  EXPECT_EQ(nearest("zzzz", names), std::nullopt);
}

TEST(NearestTest, CountsSwappedNeighboursAsOneError) {
  const std::vector<std::string> names{"TERM", "files", "web"};
  EXPECT_EQ(nearest("TREM", names), "TERM");
  EXPECT_EQ(nearest("flies", names), "files");
  EXPECT_EQ(nearest("wbe", names), "web");
  EXPECT_EQ(nearest("bwe", names), std::nullopt);
}

TEST(GlobTest, StarAndQuestionMark) {
  EXPECT_TRUE(glob_matches("web*", "web-1"));
  EXPECT_TRUE(glob_matches("*b?1", "web-1"));
  EXPECT_FALSE(glob_matches("web?", "web"));
  EXPECT_TRUE(glob_matches("*a*b*", "xxaxxbxx"));
}

TEST(TimeTest, FormatsRfc3339) {
  EXPECT_EQ(format_rfc3339_ms(1'704'164'645'678'000'000ULL), "2024-01-02T03:04:05.678Z");
}

}  // namespace
}  // namespace base
