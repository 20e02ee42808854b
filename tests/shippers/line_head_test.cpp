#include "shippers/lines/line_head.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace shippers {
namespace {

using logging::SinkFormat;
using logging::Stream;
using logging::Timestamp;

logging::FrameHeader header(Stream stream, std::uint64_t time_ns) {
  logging::FrameHeader frame{};
  frame.stream = stream;
  frame.time_ns = time_ns;
  return frame;
}

TEST(LineHeadTest, RawIsBareUnlessAStampIsWanted) {
  EXPECT_EQ(LineHead(SinkFormat::kRaw, std::nullopt, "web").of(header(Stream::kStdout, 1)), "");
  EXPECT_EQ(LineHead(SinkFormat::kRaw, Timestamp::kUnix, "web").of(header(Stream::kStdout, 1)),
            "0.000000001 ");
}

TEST(LineHeadTest, TextNamesTimeServiceAndStream) {
  LineHead head(SinkFormat::kText, std::nullopt, "web");
  EXPECT_EQ(head.of(header(Stream::kStdout, 0)), "1970-01-01T00:00:00.000000000Z web stdout ");
  EXPECT_EQ(head.of(header(Stream::kStderr, 0)), "1970-01-01T00:00:00.000000000Z web stderr ");
  EXPECT_EQ(head.of(header(Stream::kStderr, base::kNsPerSecond)),
            "1970-01-01T00:00:01.000000000Z web stderr ");
}

TEST(LineHeadTest, TextMayGoWithoutAStamp) {
  LineHead head(SinkFormat::kText, Timestamp::kNone, "web", {"[o] ", "[e] "});
  EXPECT_EQ(head.of(header(Stream::kStdout, 0)), "web stdout [o] ");
  EXPECT_EQ(head.of(header(Stream::kStderr, 0)), "web stderr [e] ");
}

}  // namespace
}  // namespace shippers
