#include "shippers/file/raw_run.h"

#include <gtest/gtest.h>

#include "tests/shippers/run_frames.h"

namespace shippers {
namespace {

using logging::FrameView;
using logging::Stream;

std::string plan(const FrameView& view, const OpenLine& open, FileRoom room) {
  RawRun format;
  return planned(format, view, open, room);
}

TEST(RawRunTest, TakesTheLinesThatFit) {
  EXPECT_EQ(plan(frame("aaa\nbb\nc\n"), {}, {.bytes = 7, .fresh = false}), "aaa\nbb\n");
  EXPECT_EQ(plan(frame("aaa\nbb\nc\n"), {}, {.bytes = 9, .fresh = false}), "aaa\nbb\nc\n");
  EXPECT_EQ(plan(frame("aaa\nbb\nc\n"), {}, {.bytes = 6, .fresh = false}), "aaa\n");
}

TEST(RawRunTest, AsksForARotationWhenNoLineFits) {
  EXPECT_EQ(plan(frame("aaa\nb\n"), {}, {.bytes = 3, .fresh = false}), "rotate");
  EXPECT_EQ(plan(frame("aaa\nb\n"), {}, {.bytes = 0, .fresh = false}), "rotate");
}

TEST(RawRunTest, ALineThatNoFileHoldsGoesIntoAFreshOne) {
  EXPECT_EQ(plan(frame("aaa\nb\n"), {}, {.bytes = 3, .fresh = true}), "aaa\n");
  EXPECT_EQ(plan(frame("aaaa", logging::kFrameMore), {}, {.bytes = 3, .fresh = true}), "aaaa");
}

TEST(RawRunTest, AnOpenLineIsNeverSplitOverTwoFiles) {
  const FrameView end = frame("end\nnext\n", logging::kFrameContinues);
  EXPECT_EQ(plan(end, kOpenHere, {.bytes = 0, .fresh = false}), "end\n");
}

TEST(RawRunTest, AnOpenLineOfAnotherPipeIsEndedEvenWithoutRoom) {
  EXPECT_EQ(plan(frame("a\n"), kOpenElsewhere, {.bytes = 0, .fresh = false}), "\n");
  EXPECT_EQ(plan(frame("a\n"), kOpenElsewhere, {.bytes = 3, .fresh = false}), "\na\n");
  // The same pipe, but the pieces between are lost: it does not go on either.
  EXPECT_EQ(plan(frame("a\n"), kOpenHere, {}), "\na\n");
}

TEST(RawRunTest, EndsAnUnterminatedLineAndCountsItsNewline) {
  const FrameView last = frame("a\nb", logging::kFrameUnterminated);
  EXPECT_EQ(plan(last, {}, {.bytes = 4, .fresh = false}), "a\nb\n");
  EXPECT_EQ(plan(last, {}, {.bytes = 3, .fresh = false}), "a\n");
}

TEST(RawRunTest, StopsAtTheOtherStreamOnlyWhenFilesAreApart) {
  const std::vector<FrameView> frames{frame("o\n"), frame("e\n", 0, Stream::kStderr, 40)};
  RawRun format;
  shippers::Run run;
  ASSERT_EQ(format.plan(source(frames, {}, true), {}, run), RunPlan::kWrite);
  EXPECT_EQ(text_of(run), "o\n");
  ASSERT_EQ(format.plan(source(frames), {}, run), RunPlan::kWrite);
  EXPECT_EQ(text_of(run), "o\ne\n");
}

TEST(RawRunTest, IsRebuiltByteForByte) {
  const FrameView view = frame("a\nb\nc\n");
  RawRun format;
  shippers::Run run;
  ASSERT_EQ(format.plan(source({&view, 1}, kOpenElsewhere), {.bytes = 5, .fresh = false}, run),
            RunPlan::kWrite);
  ASSERT_EQ(text_of(run), "\na\nb\n");
  FrameView cut = view;
  cut.bytes = cut.bytes.substr(0, run.to.offset);  // as frames_between() gives it
  for (const FrameView& again : {view, cut}) {
    shippers::Run rebuilt;
    format.rebuild(source({&again, 1}, kOpenElsewhere), run.to, rebuilt);
    EXPECT_EQ(text_of(rebuilt), "\na\nb\n");
    EXPECT_EQ(rebuilt.open_after, run.open_after);
  }
}

}  // namespace
}  // namespace shippers
