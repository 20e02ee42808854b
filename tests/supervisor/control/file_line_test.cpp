#include "supervisor/control/file_line.h"

#include <gtest/gtest.h>

#include <string>

namespace supervisor {
namespace {

using logging::Stream;

constexpr std::uint64_t kTime = 1'704'164'645'678'901'234;  // 2024-01-02T03:04:05.678901234Z

FileLine stamped(std::string text) {
  FileLine line;
  line.time_ns = kTime;
  line.text = std::move(text);
  line.stamped = true;
  return line;
}

FileLine bare(std::string text) {
  FileLine line;
  line.text = std::move(text);
  return line;
}

TEST(FileLineTest, EachStampIsReadAndTakenAway) {
  EXPECT_EQ(read_file_line("2024-01-02T03:04:05.678901234Z a line"), stamped("a line"));
  EXPECT_EQ(read_file_line("1704164645.678901234 a line"), stamped("a line"));
  EXPECT_EQ(read_file_line("@4000000065937d2f287735f2 a line"), stamped("a line"));
  EXPECT_EQ(read_file_line("@4000000065937d2f287735f2"), stamped(""));
  EXPECT_EQ(read_file_line("@4000000065937d2f287735f2  two blanks"), stamped(" two blanks"));
}

TEST(FileLineTest, TheLabelsOfTheTextFormatSayServiceAndStream) {
  FileLine line = stamped("web stderr no space left");
  line.service = "web";
  line.stream = Stream::kStderr;
  EXPECT_EQ(read_file_line("2024-01-02T03:04:05.678901234Z web stderr no space left"), line);
}

TEST(FileLineTest, JsonAndLogfmtStayAsTheyAre) {
  const std::string json =
      R"({"time":"2024-01-02T03:04:05.678901234Z","level":"info","service":"web",)"
      R"("stream":"stdout","message":"hello"})";
  const std::string logfmt =
      "time=2024-01-02T03:04:05.678901234Z level=info service=web stream=stdout message=hello";
  for (const std::string& text : {json, logfmt}) {
    FileLine line = bare(text);
    line.time_ns = kTime;
    line.service = "web";
    line.stream = Stream::kStdout;
    EXPECT_EQ(read_file_line(text), line);
  }
}

TEST(FileLineTest, WhatIsNoneOfTheseIsItsOwnText) {
  for (const char* text : {"",
                           "a line",
                           " ",
                           "{",
                           "{}",
                           "[1]",
                           "time=",
                           "time=soon",
                           "@",
                           "@4000000065937d2f287735f",
                           "@4000000065937d2f287735fg x",
                           "@4000000065937d2fffffffff x",
                           "@3fffffffffffffff00000000 x",
                           "@ffffffffffffffff00000000 x",
                           "1704164645 x",
                           "1704164645.6789 x",
                           "99999999999999999999.000000000 x",
                           "2024-13-02T03:04:05Z x",
                           "2024-01-02 x",
                           R"({"time":3,"stream":[],"service":null})"}) {
    EXPECT_EQ(read_file_line(text), bare(text)) << text;
  }
}

}  // namespace
}  // namespace supervisor
