#include "shippers/file/line_run.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/shippers/run_frames.h"

namespace shippers {
namespace {

using logging::FrameView;
using logging::Stream;

LineRun make() {
  return LineRun(LineHead(logging::Timestamp::kNone, {"O ", "E "}));
}

std::string plan(const FrameView& view, const OpenLine& open, FileRoom room) {
  LineRun format = make();
  return planned(format, view, open, room);
}

TEST(LineRunTest, EveryLineHasAHead) {
  EXPECT_EQ(plan(frame("a\n\nb\n"), {}, {}), "O a\nO \nO b\n");
}

TEST(LineRunTest, TakesTheLinesThatFit) {
  EXPECT_EQ(plan(frame("aaa\nbb\nc\n"), {}, {.bytes = 11, .fresh = false}), "O aaa\nO bb\n");
  EXPECT_EQ(plan(frame("aaa\nbb\nc\n"), {}, {.bytes = 10, .fresh = false}), "O aaa\n");
}

TEST(LineRunTest, AsksForARotationWhenNoLineFits) {
  EXPECT_EQ(plan(frame("aaa\nb\n"), {}, {.bytes = 5, .fresh = false}), "rotate");
  EXPECT_EQ(plan(frame("aaa\nb\n"), {}, {.bytes = 5, .fresh = true}), "O aaa\n");
}

TEST(LineRunTest, OnlyTheFirstPieceOfALineHasAHead) {
  EXPECT_EQ(plan(frame("one ", logging::kFrameMore), {}, {}), "O one ");
  const FrameView end = frame("end\nnext\n", logging::kFrameContinues);
  EXPECT_EQ(plan(end, kOpenHere, {}), "end\nO next\n");
  EXPECT_EQ(plan(end, kOpenHere, {.bytes = 0, .fresh = false}), "end\n");
}

TEST(LineRunTest, APieceBehindOtherBytesIsALineOfItsOwn) {
  const FrameView end = frame("end\n", logging::kFrameContinues);
  EXPECT_EQ(plan(end, kOpenElsewhere, {}), "\nO end\n");
  EXPECT_EQ(plan(end, kOpenElsewhere, {.bytes = 1, .fresh = false}), "\n");
  EXPECT_EQ(plan(end, {}, {}), "O end\n");
}

TEST(LineRunTest, EndsAnUnterminatedLineAndCountsItsNewline) {
  const FrameView last = frame("a\nb", logging::kFrameUnterminated);
  EXPECT_EQ(plan(last, {}, {.bytes = 8, .fresh = false}), "O a\nO b\n");
  EXPECT_EQ(plan(last, {}, {.bytes = 7, .fresh = false}), "O a\n");
}

TEST(LineRunTest, StopsAtTheOtherStreamOnlyWhenFilesAreApart) {
  const std::vector<FrameView> frames{frame("o\n"), frame("e\n", 0, Stream::kStderr, 40)};
  LineRun format = make();
  shippers::Run run;
  ASSERT_EQ(format.plan(source(frames, {}, true), {}, run), RunPlan::kWrite);
  EXPECT_EQ(text_of(run), "O o\n");
  ASSERT_EQ(format.plan(source(frames), {}, run), RunPlan::kWrite);
  EXPECT_EQ(text_of(run), "O o\nE e\n");
}

TEST(LineRunTest, ARunOfShortLinesDoesNotGrowWithoutEnd) {
  const std::string newlines(1U << 20U, '\n');
  LineRun format = make();
  shippers::Run run;
  const FrameView view = frame(newlines);
  ASSERT_EQ(format.plan(source({&view, 1}), {}, run), RunPlan::kWrite);
  EXPECT_GE(run.bytes, LineRunLimits::kMadeBytes);
  EXPECT_LT(run.bytes, LineRunLimits::kMadeBytes + 8);
  EXPECT_EQ(run.to.offset, run.bytes / 3);
}

/// Any cut of any lines: the runs together are what a plain loop makes, and each is made again byte
/// for byte.
TEST(LineRunTest, RunsJoinToTheLinesAndAreRebuiltByteForByte) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::string bytes;
    std::string expected;
    for (int line = 0; line < 60; ++line) {
      const std::string content(random() % 40, static_cast<char>('a' + random() % 26));
      bytes += content + "\n";
      expected += "O " + content + "\n";
    }
    FrameView view = frame(bytes);
    LineRun format = make();
    RunSource from = source({&view, 1});
    std::string found;
    while (from.from.frame == 0) {
      const FileRoom room{.bytes = random() % 300, .fresh = random() % 2 == 0};
      shippers::Run run;
      if (format.plan(from, room, run) == RunPlan::kRotateFirst) {
        ASSERT_FALSE(room.fresh);
        continue;
      }
      const std::string text = text_of(run);
      LineRun another = make();
      shippers::Run again;
      another.rebuild(from, run.to, again);
      ASSERT_EQ(text_of(again), text);
      ASSERT_EQ(again.open_after, run.open_after);
      found += text;
      view.bytes = std::string_view(bytes).substr(run.to.offset);
      from.from = run.to;
    }
    ASSERT_EQ(found, expected);
  }
}

}  // namespace
}  // namespace shippers
