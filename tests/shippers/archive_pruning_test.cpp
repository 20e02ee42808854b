#include "shippers/file/archive_pruning.h"

#include <gtest/gtest.h>

#include <vector>

namespace shippers {
namespace {

constexpr std::uint64_t kSecond = base::kNsPerSecond;

/// Four archives of 100 bytes, last written at 10, 20, 30 and 40 s.
std::vector<ArchiveFile> four() {
  std::vector<ArchiveFile> archives;
  for (std::uint64_t index = 1; index <= 4; ++index) {
    archives.push_back(
        {.name = "", .age_key = "", .bytes = 100, .modified_ns = index * 10 * kSecond});
  }
  return archives;
}

std::size_t excess(const logging::RotateConfig& rules, std::uint64_t now_s) {
  return count_excess(four(), rules, now_s * kSecond);
}

TEST(ArchivePruningTest, EachRuleCountsAndTheStrictestWins) {
  logging::RotateConfig rules;
  EXPECT_EQ(excess(rules, 1000), 0U);
  rules.keep = 3;
  EXPECT_EQ(excess(rules, 1000), 1U);
  rules.keep_bytes = base::ByteCount{299};
  EXPECT_EQ(excess(rules, 1000), 2U);
  rules.keep_bytes = base::ByteCount{300};
  EXPECT_EQ(excess(rules, 1000), 1U);
  rules.keep_age = base::seconds(10);
  EXPECT_EQ(excess(rules, 40), 3U);
  EXPECT_EQ(excess(rules, 39), 2U);
  EXPECT_EQ(excess(rules, 50), 4U);
}

TEST(ArchivePruningTest, ZeroKeepsNone) {
  logging::RotateConfig rules;
  rules.keep = 0;
  EXPECT_EQ(excess(rules, 0), 4U);
  rules.keep = 10;
  rules.keep_bytes = base::ByteCount{0};
  EXPECT_EQ(excess(rules, 0), 4U);
}

TEST(ArchivePruningTest, SaysWhenTheOldestExpires) {
  logging::RotateConfig rules;
  EXPECT_EQ(next_expiry_ns(four(), rules), 0U);
  rules.keep_age = base::seconds(5);
  EXPECT_EQ(next_expiry_ns(four(), rules), 15 * kSecond);
  EXPECT_EQ(next_expiry_ns({}, rules), 0U);
}

}  // namespace
}  // namespace shippers
