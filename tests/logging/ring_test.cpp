// Covers logging/handoff/ring_layout.h, ring_writer.h, ring_consumer.h, and
// logging/handoff/ring_reader.h.
#include <gtest/gtest.h>

#include <algorithm>

#include "logging/handoff/ring_recover.h"
#include "tests/logging/test_ring.h"

namespace logging {
namespace {

RingView::ConsumerState state_of(const TestRing& ring) {
  const auto view = RingView::open(ring.fd.get(), RingView::Extent::kHeaders);
  EXPECT_TRUE(view);
  return view->consumers().at(0);
}

std::uint64_t sum(const DropCounts& counts) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) {
    total += count;
  }
  return total;
}

TEST(RingTest, AConsumerGetsWholeLinesAndTheRestWithTheNextRead) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  ASSERT_TRUE(ring.feed(0, "one\ntw"));
  EXPECT_EQ(take_all(*consumer), "one\n");
  ASSERT_TRUE(ring.feed(0, "o\n"));
  EXPECT_EQ(take_all(*consumer), "two\n");
  EXPECT_EQ(consumer->cursor().line, 2U);
}

TEST(RingTest, FramesCarryStreamIncarnationTimeAndLineNumbers) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  ASSERT_TRUE(ring.feed(0, "a\nb\n", 5));
  ASSERT_TRUE(ring.feed(1, "c\n", 6));
  const auto frames = consumer->peek(1000);
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->size(), 2U);
  EXPECT_EQ((*frames)[0].header.lines, 2U);
  EXPECT_EQ((*frames)[1].header.first_line, 2U);
  EXPECT_EQ((*frames)[1].header.stream, Stream::kStderr);
  EXPECT_EQ((*frames)[1].header.time_ns, 6U);
  EXPECT_EQ((*frames)[1].header.incarnation, 1U);
}

TEST(RingTest, StreamsAreCountedApart) {
  TestRing ring;
  ASSERT_TRUE(ring.feed(0, "a\nb\n"));
  ASSERT_TRUE(ring.feed(1, "cc\nhalf"));
  const CommitSlot commit = ring.map->commit();
  EXPECT_EQ(commit.next_line, 3U);
  EXPECT_EQ(commit.stream_lines, (std::array<std::uint64_t, 2>{2, 1}));
  EXPECT_EQ(commit.stream_bytes, (std::array<std::uint64_t, 2>{4, 7}));
}

TEST(RingTest, AnUnfinishedLineAtTheEndBecomesItsOwnRecord) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  ASSERT_TRUE(ring.feed(0, "no newline"));
  EXPECT_EQ(take_all(*consumer), "");
  ASSERT_TRUE(ring.writer->close_pipe(0, 9));
  const auto frames = consumer->peek(1000);
  ASSERT_EQ(frames->size(), 1U);
  EXPECT_EQ(frames->front().header.flags, kFrameUnterminated);
  EXPECT_EQ(frames->front().header.lines, 1U);
  EXPECT_EQ(frames->front().bytes, "no newline");
}

TEST(RingTest, AHalfLineOfAnOlderIncarnationIsClosedAndNotGlued) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  ASSERT_TRUE(ring.feed(0, "old half"));
  ring.writer->label_pipe(0, Stream::kStdout, 2);
  ring.writer->close_stale(0, 1);
  ASSERT_TRUE(ring.feed(0, "new\n"));
  const auto frames = consumer->peek(1000);
  ASSERT_EQ(frames->size(), 2U);
  EXPECT_EQ((*frames)[0].bytes, "old half");
  EXPECT_EQ((*frames)[0].header.incarnation, 1U);
  EXPECT_EQ((*frames)[1].bytes, "new\n");
  EXPECT_EQ((*frames)[1].header.incarnation, 2U);
}

TEST(RingTest, AVeryLongLineComesInPiecesThatJoinToTheSameBytes) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  std::string line;
  for (int index = 0; line.size() < 300'000; ++index) {
    line += std::to_string(index) + ",";
  }
  line += "\n";
  std::string taken;
  unsigned flags = 0;
  for (std::size_t at = 0; at < line.size(); at += 1000) {
    ASSERT_TRUE(ring.feed(0, std::string_view(line).substr(at, 1000)));
    const auto frames = consumer->peek(1);
    flags |= frames->empty() ? 0U : frames->front().header.flags;
    taken += take_all(*consumer);
  }
  EXPECT_EQ(taken, line);
  EXPECT_EQ(flags, unsigned{kFrameMore} | unsigned{kFrameContinues});
  EXPECT_EQ(ring.map->commit().next_line, 1U);
}

TEST(RingTest, ALongLineThatNeverEndsKeepsAByteToEndWith) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  ASSERT_TRUE(ring.feed(0, std::string(ring.map->piece_bytes_max(), 'x')));
  ASSERT_TRUE(ring.writer->close_pipe(0, 1));
  EXPECT_EQ(take_all(*consumer), std::string(ring.map->piece_bytes_max(), 'x'));
  EXPECT_EQ(ring.map->commit().next_line, 1U);
}

TEST(RingTest, AGatingConsumerStopsTheProducerAndWakesIt) {
  TestRing ring;
  RoomSignal room(-1);
  const auto consumer = ring.claim("files", ConsumerKind::kGating, &room);
  std::string block(9999, 'x');
  block += '\n';
  int fed = 0;
  while (ring.feed(0, block)) {
    ++fed;
  }
  EXPECT_EQ(fed, 6);
  room.wait_for_room();
  EXPECT_EQ(take_all(*consumer).size(), 60'000U);
  EXPECT_FALSE(room.is_waiting());
  EXPECT_TRUE(ring.writer->has_quarter_free());
  EXPECT_TRUE(ring.feed(0, block));
}

TEST(RingTest, ALappingConsumerIsOvertakenAndCountsExactlyWhatItMissed) {
  TestRing ring;
  const auto consumer = ring.claim("net", ConsumerKind::kLapping);
  for (int index = 0; index < 5000; ++index) {
    ASSERT_TRUE(ring.feed(0, "line " + std::to_string(index) + " of some length or other\n"));
  }
  const std::string text = take_all(*consumer);
  const auto delivered = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  const auto state = state_of(ring);
  EXPECT_EQ(state.received, 5000U);
  EXPECT_EQ(state.delivered, delivered);
  EXPECT_EQ(state.dropped[static_cast<std::size_t>(DropReason::kLapped)], 5000 - delivered);
  EXPECT_GT(delivered, 100U);
  EXPECT_TRUE(text.ends_with("line 4999 of some length or other\n"));
}

TEST(RingTest, TheLedgerHoldsAfterEveryStep) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  for (int index = 0; index < 200; ++index) {
    ASSERT_TRUE(ring.feed(0, "a\nb\nc\nd"));
    const auto frames = consumer->peek(1);
    DropCounts dropped{};
    dropped[static_cast<std::size_t>(DropReason::kRejected)] = 1;
    consumer->commit(RingConsumer::advance(consumer->cursor(), frames->front(), 2), dropped);
    const auto state = state_of(ring);
    EXPECT_EQ(state.received, state.delivered + sum(state.dropped) + state.buffered);
    if (index % 3 == 2) {
      static_cast<void>(take_all(*consumer));
    }
  }
}

TEST(RingTest, APartOfAFrameIsCommittedLineByLine) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  ASSERT_TRUE(ring.feed(0, "one\ntwo\nthree\n"));
  const auto before = consumer->cursor();
  const auto frame = consumer->peek(1)->front();
  const Cursor one = RingConsumer::advance(before, frame, 4);
  const Cursor two = RingConsumer::advance(one, frame, 4);
  EXPECT_EQ(one, (Cursor{.frame = 0, .offset = 4, .reserved = 0, .line = 1}));
  EXPECT_EQ(two, (Cursor{.frame = 0, .offset = 8, .reserved = 0, .line = 2}));
  consumer->commit(one);
  EXPECT_EQ(consumer->peek(1)->front().bytes, "two\nthree\n");
  EXPECT_EQ(consumer->frames_between(before, two)->front().bytes, "one\ntwo\n");
  EXPECT_EQ(consumer->frames_between(one, two)->front().bytes, "two\n");
  EXPECT_EQ(take_all(*consumer), "two\nthree\n");
}

TEST(RingTest, ANewRouterFindsConsumersAndCarryAsTheyWere) {
  TestRing ring;
  auto consumer = ring.claim("files", ConsumerKind::kGating);
  ASSERT_TRUE(ring.feed(0, "one\ntwo\nhalf a "));
  consumer->commit(RingConsumer::advance(consumer->cursor(), consumer->peek(1)->front(), 4));
  consumer.reset();
  ring.reopen();
  ASSERT_TRUE(check_ring(*ring.map));
  consumer = ring.claim("files", ConsumerKind::kGating);
  ASSERT_TRUE(ring.feed(0, "line\n"));
  EXPECT_EQ(take_all(*consumer), "two\nhalf a line\n");
}

TEST(RingTest, ALogReaderWithoutAPlaceInTheRingSeesAllThatIsLeft) {
  TestRing ring;
  for (int index = 0; index < 3000; ++index) {
    ASSERT_TRUE(ring.feed(0, "line " + std::to_string(index) + " of some length or other\n"));
  }
  const auto view = RingView::open(ring.fd.get(), RingView::Extent::kWhole);
  ASSERT_TRUE(view);
  std::uint64_t position = 0;
  std::uint64_t next_line = 0;
  std::vector<char> buffer(1000);
  for (;;) {
    const auto frames = view->copy_frames(position, buffer);
    ASSERT_TRUE(frames);
    if (frames->empty()) {
      break;
    }
    for (const FrameView& frame : *frames) {
      EXPECT_TRUE(next_line == 0 || frame.header.first_line == next_line);
      next_line = frame.header.first_line + frame.header.lines;
    }
  }
  EXPECT_EQ(next_line, 3000U);
}

TEST(RingTest, ADamagedFrameIsFoundByTheCheckAndByReaders) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  ASSERT_TRUE(ring.feed(0, "one\n"));
  ASSERT_TRUE(check_ring(*ring.map));
  *ring.map->at(4) = 9;  // the frame's line count
  EXPECT_EQ(check_ring(*ring.map).error().code, base::ErrorCode::kDamaged);
  EXPECT_EQ(consumer->peek(1).error().code, base::ErrorCode::kDamaged);
}

TEST(RingTest, ACursorBetweenFramesIsDamage) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  ASSERT_TRUE(ring.feed(0, "one\n"));
  consumer->commit({.frame = 8, .offset = 0, .reserved = 0, .line = 0});
  EXPECT_EQ(check_ring(*ring.map).error().code, base::ErrorCode::kDamaged);
}

TEST(RingTest, AFileThatIsNoRingIsRefused) {
  const auto fd = base::make_memory_file("no-ring", ring_file_bytes(65'536), "/tmp");
  EXPECT_EQ(RingView::open(fd->get(), RingView::Extent::kWhole).error().code,
            base::ErrorCode::kDamaged);
}

}  // namespace
}  // namespace logging
