// Frames into lines, lines of several services into one, and what `birl logs` prints of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "supervisor/control/log_lines.h"
#include "supervisor/control/logs_merge.h"
#include "supervisor/control/logs_reader.h"

namespace supervisor {
namespace {

using logging::FrameView;
using logging::Stream;
using testing::ElementsAre;
using Texts = std::vector<std::string>;

/// Lays frames out as a ring would. `bytes` must outlive the frames: literals.
class FrameMaker {
 public:
  FrameView make(std::string_view bytes, std::uint64_t time_ns, std::uint8_t flags = 0,
                 Stream stream = Stream::kStdout, std::uint16_t incarnation = 1) {
    auto lines = static_cast<std::uint32_t>(std::ranges::count(bytes, '\n'));
    lines += (flags & logging::kFrameUnterminated) != 0 ? 1U : 0U;
    FrameView frame{.position = position_,
                    .header = {.bytes = static_cast<std::uint32_t>(bytes.size()),
                               .lines = lines,
                               .first_line = next_line_,
                               .time_ns = time_ns,
                               .stream = stream,
                               .flags = flags,
                               .incarnation = incarnation,
                               .check = 0},
                    .bytes = bytes};
    position_ = frame.end_position();
    next_line_ += lines;
    return frame;
  }
  [[nodiscard]] std::uint64_t position() const { return position_; }

 private:
  std::uint64_t position_ = 0;
  std::uint64_t next_line_ = 0;
};

Texts texts_of(const std::vector<LogLine>& lines) {
  Texts texts;
  for (const LogLine& line : lines) {
    texts.push_back(line.text);
  }
  return texts;
}

TEST(LogLinesTest, SplitsAFrameIntoItsLines) {
  FrameMaker maker;
  LogLines lines;
  std::vector<LogLine> out;
  lines.add(maker.make("one\n\ntwo\n", 5, 0, Stream::kStderr), out);
  EXPECT_THAT(out, ElementsAre(LogLine{5, Stream::kStderr, "one"}, LogLine{5, Stream::kStderr, ""},
                               LogLine{5, Stream::kStderr, "two"}));
}

TEST(LogLinesTest, RejoinsPiecesPerPipeWhileOthersWriteBetween) {
  using logging::kFrameContinues;
  using logging::kFrameMore;
  FrameMaker maker;
  LogLines lines;
  std::vector<LogLine> out;
  lines.add(maker.make("a\nlong ", 1, kFrameMore), out);
  lines.add(maker.make("err\n", 2, 0, Stream::kStderr), out);
  lines.add(maker.make("and ", 3, kFrameContinues | kFrameMore), out);
  lines.add(maker.make("other run\n", 4, 0, Stream::kStdout, 2), out);
  lines.add(maker.make("longer\nb\n", 5, kFrameContinues), out);
  EXPECT_EQ(texts_of(out), (Texts{"a", "err", "other run", "long and longer", "b"}));
}

TEST(LogLinesTest, AnUnterminatedLineIsALine) {
  FrameMaker maker;
  LogLines lines;
  std::vector<LogLine> out;
  lines.add(maker.make("a\nhalf", 1, logging::kFrameUnterminated), out);
  lines.add(maker.make("new run\n", 2, 0, Stream::kStdout, 2), out);
  EXPECT_EQ(texts_of(out), (Texts{"a", "half", "new run"}));
}

TEST(LogLinesTest, AcrossAGapPiecesAreNotGluedAndLinesAreCounted) {
  FrameMaker maker;
  LogLines lines;
  std::vector<LogLine> out;
  lines.add(maker.make("begin ", 1, logging::kFrameMore), out);
  (void)maker.make(" end\nlost\nlost\nnext begin ", 2, logging::kFrameMore);
  lines.add(maker.make("next end\nlast\n", 3, logging::kFrameContinues), out);
  EXPECT_EQ(texts_of(out), (Texts{"begin ", "next end", "last"}));
  EXPECT_EQ(lines.missed(), 3U);
}

TEST(LogLinesTest, WhatTheRingNoLongerHoldsAtTheStartIsNotMissed) {
  FrameMaker maker;
  LogLines lines;
  std::vector<LogLine> out;
  (void)maker.make("old\n", 1);
  lines.add(maker.make("new\n", 2), out);
  EXPECT_EQ(lines.missed(), 0U);
}

TEST(LogLinesTest, CloseGivesOutOpenPiecesOnce) {
  FrameMaker maker;
  LogLines lines;
  std::vector<LogLine> out;
  lines.add(maker.make("open", 1, logging::kFrameMore), out);
  EXPECT_TRUE(out.empty());
  lines.close(out);
  lines.close(out);
  EXPECT_EQ(texts_of(out), Texts{"open"});
}

LogLine at(std::uint64_t time_ns, std::string text) {
  return {.time_ns = time_ns, .stream = Stream::kStdout, .text = std::move(text)};
}

TEST(LogsMergeTest, GivesTheEarliestLineAndOfEqualOnesTheFirstSource) {
  LogsMerge merge(2);
  merge.add(0, at(2, "a2"));
  merge.add(0, at(5, "a5"));
  merge.add(1, at(1, "b1"));
  merge.add(1, at(2, "b2"));
  merge.finish(0);
  merge.finish(1);
  Texts texts;
  while (const auto next = merge.pop()) {
    texts.push_back(next->line.text);
  }
  EXPECT_EQ(texts, (Texts{"b1", "a2", "b2", "a5"}));
}

TEST(LogsMergeTest, WaitsForASourceThatMayStillHaveAnEarlierLine) {
  LogsMerge merge(2);
  merge.add(0, at(2, "a"));
  EXPECT_EQ(merge.pop(), std::nullopt);
  EXPECT_EQ(merge.starving(), 1U);
  merge.add(1, at(1, "b"));
  EXPECT_EQ(merge.pop()->line.text, "b");
  merge.finish(1);
  EXPECT_EQ(merge.pop()->line.text, "a");
}

/// A ring that holds its frames in memory and gives `chunk` of them a read.
class FakeFrames final : public FrameSource {
 public:
  explicit FakeFrames(std::size_t chunk = 1) : chunk_(chunk) {}

  FakeFrames& add(std::string_view bytes, std::uint64_t time_ns, std::uint8_t flags = 0,
                  Stream stream = Stream::kStdout) {
    frames_.push_back(maker_.make(bytes, time_ns, flags, stream));
    return *this;
  }
  void lose_first() { frames_.pop_front(); }

  base::Result<std::vector<FrameView>> read() override {
    std::vector<FrameView> next;
    while (next.size() < chunk_ && !frames_.empty()) {
      next.push_back(frames_.front());
      position_ = frames_.front().end_position();
      frames_.pop_front();
    }
    return next;
  }
  [[nodiscard]] std::uint64_t position() const override { return position_; }
  [[nodiscard]] std::uint64_t head() const override { return maker_.position(); }

 private:
  std::size_t chunk_;
  FrameMaker maker_;
  std::deque<FrameView> frames_;
  std::uint64_t position_ = 0;
};

class FakeOutput final : public LogsOutput {
 public:
  std::string text;
  std::map<std::string, std::uint64_t> missed;
  bool is_closed = false;

  void write(std::string_view part) override { text += part; }
  void tell_missed(std::string_view service, std::uint64_t lines) override {
    missed[std::string(service)] += lines;
  }
  [[nodiscard]] bool closed() const override { return is_closed; }
};

class LogsReaderTest : public testing::Test {
 protected:
  LogsReaderTest() {
    auto web = std::make_unique<FakeFrames>();
    auto db = std::make_unique<FakeFrames>(2);
    web_ = web.get();
    db_ = db.get();
    sources_.push_back({.service = "web", .frames = std::move(web)});
    sources_.push_back({.service = "db", .frames = std::move(db)});
    format_.shape = LogsFormat::Shape::kNamed;
  }
  LogsReader& reader() {
    if (!reader_) {
      reader_.emplace(std::move(sources_), format_, std::move(filter_), output_);
    }
    return *reader_;
  }

  FakeFrames* web_;
  FakeFrames* db_;
  std::vector<LogsReader::Source> sources_;
  LogsFormat format_;
  LogFilter filter_;
  FakeOutput output_;
  std::optional<LogsReader> reader_;
};

TEST_F(LogsReaderTest, MergesServicesByTime) {
  web_->add("w1\nw1b\n", 1).add("w3\n", 3);
  db_->add("d2\n", 2).add("d4\n", 4);
  ASSERT_TRUE(reader().print_backlog());
  EXPECT_EQ(output_.text, "web | w1\nweb | w1b\ndb | d2\nweb | w3\ndb | d4\n");
}

TEST_F(LogsReaderTest, KeepsTheLastLinesOfEachServiceAndStream) {
  format_.lines = 1;
  filter_.stream = Stream::kStderr;
  web_->add("e1\n", 1, 0, Stream::kStderr).add("e2\n", 2, 0, Stream::kStderr).add("o\n", 3);
  db_->add("o\n", 1);
  ASSERT_TRUE(reader().print_backlog());
  EXPECT_EQ(output_.text, "web | e2\n");
}

TEST_F(LogsReaderTest, ShowsAWindowOfTimeAndOfTheLastLinesThoseThatMatch) {
  filter_.since_ns = 2;
  filter_.until_ns = 5;
  filter_.pattern = *LinePattern::compile("^(GET|PUT) ");
  format_.lines = 2;
  web_->add("GET 1\n", 1).add("GET 2\nGET 2b\nPOST 2\n", 2).add("PUT 4\n", 4).add("GET 5\n", 5);
  ASSERT_TRUE(reader().print_backlog());
  EXPECT_EQ(output_.text, "web | GET 2b\nweb | PUT 4\n");
}

TEST_F(LogsReaderTest, NoLinesAtAllCanBeAskedForBeforeFollowing) {
  format_.lines = 0;
  web_->add("old\n", 1);
  ASSERT_TRUE(reader().print_backlog());
  web_->add("new\n", 2);
  EXPECT_TRUE(*reader().print_new());
  EXPECT_EQ(output_.text, "web | new\n");
}

TEST_F(LogsReaderTest, FollowingGoesOnWhereTheBacklogEnded) {
  web_->add("a", 1, logging::kFrameMore);
  ASSERT_TRUE(reader().print_backlog());
  EXPECT_FALSE(*reader().print_new());
  web_->add("b\n", 3, logging::kFrameContinues);
  db_->add("d\n", 2);
  EXPECT_TRUE(*reader().print_new());
  EXPECT_EQ(output_.text, "db | d\nweb | ab\n");
}

TEST_F(LogsReaderTest, TellsHowManyLinesWereOverwritten) {
  web_->add("a\n", 1);
  ASSERT_TRUE(reader().print_backlog());
  web_->add("lost\nlost\n", 2).add("b\n", 3);
  web_->lose_first();
  EXPECT_TRUE(*reader().print_new());
  EXPECT_EQ(output_.text, "web | a\nweb | b\n");
  EXPECT_EQ(output_.missed["web"], 2U);
}

TEST_F(LogsReaderTest, AnOpenLineIsPrintedAtTheEnd) {
  web_->add("open", 1, logging::kFrameMore);
  ASSERT_TRUE(reader().print_backlog());
  reader().print_open();
  EXPECT_EQ(output_.text, "web | open\n");
}

TEST(LogsFormatTest, ShapesOfALine) {
  const LogLine line{1'700'000'000'123'000'000, Stream::kStderr, "say \"hi\"\xff"};
  LogsFormat format;
  EXPECT_EQ(format_log_line(format, "web", line), "say \"hi\"\xff\n");
  format.timestamps = true;
  EXPECT_EQ(format_log_line(format, "web", line), "2023-11-14T22:13:20.123Z say \"hi\"\xff\n");
  format.shape = LogsFormat::Shape::kNamed;
  EXPECT_EQ(format_log_line(format, "web", line),
            "web | 2023-11-14T22:13:20.123Z say \"hi\"\xff\n");
  format.timestamps = false;
  format.colors = true;
  const std::string web = format_log_line(format, "web", line);
  EXPECT_THAT(web, testing::StartsWith("\033[3"));
  EXPECT_THAT(web, testing::HasSubstr("mweb\033[0m | say \"hi\""));
  EXPECT_NE(web.substr(0, 5), format_log_line(format, "nginx", line).substr(0, 5));
  format.shape = LogsFormat::Shape::kJson;
  EXPECT_EQ(format_log_line(format, "web", line),
            "{\"time\":\"2023-11-14T22:13:20.123Z\",\"service\":\"web\",\"stream\":\"stderr\","
            "\"message\":\"say \\\"hi\\\"\xEF\xBF\xBD\"}\n");
}

}  // namespace
}  // namespace supervisor
