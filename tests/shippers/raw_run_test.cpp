#include "shippers/file/raw_run.h"

#include <gtest/gtest.h>

namespace shippers {
namespace {

using logging::FrameView;
using logging::Stream;

constexpr std::uint64_t kRing = 7;
const OpenLine kOpenHere{.ring_id = kRing, .state = LineState::kOpen, .incarnation = 1};
const OpenLine kOpenElsewhere{.ring_id = 8, .state = LineState::kOpen, .incarnation = 1};

FrameView frame(std::string_view bytes, std::uint8_t flags = 0, Stream stream = Stream::kStdout,
                std::uint64_t position = 0) {
  FrameView view;
  view.position = position;
  view.header = {.bytes = static_cast<std::uint32_t>(bytes.size()),
                 .lines = 0,
                 .first_line = 0,
                 .time_ns = 0,
                 .stream = stream,
                 .flags = flags,
                 .incarnation = 1,
                 .check = 0};
  view.bytes = bytes;
  return view;
}

std::string text(const Run& run) {
  std::string out;
  for (const iovec& part : run.parts) {
    out.append(static_cast<const char*>(part.iov_base), part.iov_len);
  }
  EXPECT_EQ(out.size(), run.bytes);
  return out;
}

/// The bytes of one planned run over one frame; "rotate" when it asks for that first.
std::string plan(const FrameView& view, const OpenLine& open, FileRoom room) {
  shippers::Run run;
  return plan_run({&view, 1}, kRing, {}, open, room, false, run) == RunPlan::kWrite ? text(run)
                                                                                    : "rotate";
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
  shippers::Run run;
  ASSERT_EQ(plan_run(frames, kRing, {}, {}, {}, true, run), RunPlan::kWrite);
  EXPECT_EQ(text(run), "o\n");
  ASSERT_EQ(plan_run(frames, kRing, {}, {}, {}, false, run), RunPlan::kWrite);
  EXPECT_EQ(text(run), "o\ne\n");
}

TEST(RawRunTest, IsRebuiltByteForByte) {
  const FrameView view = frame("a\nb\nc\n");
  shippers::Run planned;
  ASSERT_EQ(
      plan_run({&view, 1}, kRing, {}, kOpenElsewhere, {.bytes = 5, .fresh = false}, false, planned),
      RunPlan::kWrite);
  ASSERT_EQ(text(planned), "\na\nb\n");
  FrameView cut = view;
  cut.bytes = cut.bytes.substr(0, planned.to.offset);  // as frames_between() gives it
  for (const FrameView& again : {view, cut}) {
    const shippers::Run rebuilt =
        rebuild_run({&again, 1}, kRing, planned.from, planned.to, kOpenElsewhere);
    EXPECT_EQ(text(rebuilt), "\na\nb\n");
    EXPECT_EQ(rebuilt.open_after, planned.open_after);
  }
}

}  // namespace
}  // namespace shippers
