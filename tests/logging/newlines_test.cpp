#include "logging/parse/newlines.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace logging {
namespace {

TEST(NewlinesTest, CountsAndFindsTheLast) {
  EXPECT_EQ(scan_newlines("a\nbc\nd"), (NewlineScan{.count = 2, .whole_bytes = 5}));
  EXPECT_EQ(scan_newlines("abc"), (NewlineScan{}));
  EXPECT_EQ(scan_newlines(""), (NewlineScan{}));
}

TEST(NewlinesTest, AgreesWithItsScalarTwinOnEveryLengthAndAlignment) {
  std::mt19937 random(1);
  std::string block(20'000, 'x');
  for (char& c : block) {
    c = random() % 7 == 0 ? '\n' : static_cast<char>(random());
  }
  for (std::size_t at = 0; at < 70; ++at) {
    for (std::size_t bytes = 0; bytes < 300; ++bytes) {
      const auto part = std::string_view(block).substr(at, bytes);
      ASSERT_EQ(scan_newlines(part), scan_newlines_scalar(part)) << at << " " << bytes;
    }
  }
  EXPECT_EQ(scan_newlines(block), scan_newlines_scalar(block));
}

TEST(NewlinesTest, ManyNewlinesInARowDoNotWrapTheLanes) {
  const std::string block(100'003, '\n');
  EXPECT_EQ(scan_newlines(block), (NewlineScan{.count = 100'003, .whole_bytes = 100'003}));
}

std::vector<std::uint32_t> ends_of(std::string_view block, std::size_t room, bool scalar) {
  std::vector<std::uint32_t> ends(room);
  std::vector<std::uint32_t> all;
  for (std::size_t at = 0; at < block.size();) {
    const auto part = block.substr(at);
    const LineEnds found = scalar ? find_line_ends_scalar(part, ends) : find_line_ends(part, ends);
    for (std::size_t index = 0; index < found.count; ++index) {
      all.push_back(ends[index] + static_cast<std::uint32_t>(at));
    }
    at += found.scanned_bytes;
  }
  return all;
}

TEST(LineEndsTest, AreTheOffsetsBehindTheNewlines) {
  EXPECT_EQ(ends_of("a\nbc\n\nd", 64, false), (std::vector<std::uint32_t>{2, 5, 6}));
  EXPECT_TRUE(ends_of("abc", 64, false).empty());
}

TEST(LineEndsTest, AgreeWithTheScalarTwinWhateverRoomThereIs) {
  std::mt19937 random(2);
  std::string block(3000, 'x');
  for (char& c : block) {
    c = random() % 5 == 0 ? '\n' : static_cast<char>(random());
  }
  for (std::size_t at = 0; at < 40; ++at) {
    for (const std::size_t room : {1U, 5U, 31U, 32U, 33U, 64U, 1000U}) {
      const auto part = std::string_view(block).substr(at, block.size() - 3 * at);
      ASSERT_EQ(ends_of(part, room, false), ends_of(part, 1, true)) << at << " " << room;
    }
  }
}

}  // namespace
}  // namespace logging
