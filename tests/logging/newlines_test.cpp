#include "logging/parse/newlines.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

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

}  // namespace
}  // namespace logging
