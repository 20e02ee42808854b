// The reads themselves, and every state that a dead router can leave (crash_image_test.cpp plays
// them with real memory images).
#include "logging/inputs/staging.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstring>

#include "base/unix_socket.h"
#include "tests/logging/test_ring.h"

namespace logging {
namespace {

class StagingTest : public testing::Test {
 protected:
  StagingTest() {
    base::Pipe ends = std::move(*base::make_pipe());
    staging_in_ = std::move(*base::duplicate(ends.write.get()));
    staging_.emplace(state_, std::move(ends.read), std::move(ends.write), diag_);
  }

  static void write_text(const base::Fd& fd, std::string_view text) {
    ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  ReadResult read(int fd) { return staging_->read(*ring_.writer, 0, fd, ring_.writer->room(0)); }

  /// What a router that died in `phase` has noted.
  void note(IntakePhase phase, std::uint64_t bytes) {
    state_.ring_id = kTestRingId;
    state_.pipe = 0;
    state_.sequence = ring_.writer->sequence();
    state_.bytes = bytes;
    state_.phase.store(phase);
  }

  TestRing ring_;
  std::unique_ptr<RingConsumer> consumer_ = ring_.claim("test", ConsumerKind::kGating);
  IntakeState state_{};
  base::Diag diag_{-1, base::DiagLevel::kError, "test: "};
  base::Fd staging_in_;
  base::Pipe pipe_ = std::move(*base::make_pipe());
  std::optional<Staging> staging_;
};

TEST_F(StagingTest, ReadsWhatIsThereThenNothingThenTheEnd) {
  write_text(pipe_.write, "a\nb\n");
  const ReadResult result = read(pipe_.read.get());
  EXPECT_EQ(result.outcome, ReadResult::Outcome::kData);
  EXPECT_EQ(result.bytes, 4U);
  EXPECT_EQ(take_all(*consumer_), "a\nb\n");
  EXPECT_EQ(read(pipe_.read.get()).outcome, ReadResult::Outcome::kEmpty);
  pipe_.write.reset();
  EXPECT_EQ(read(pipe_.read.get()).outcome, ReadResult::Outcome::kEnd);
  EXPECT_EQ(staging_->interrupted_ring(), 0U);
}

TEST_F(StagingTest, WhatCannotBeSplicedIsReadDirectly) {
  const base::Fd counter{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};  // no splice knows these
  write_text(counter, "eventfd\n");                                  // a count is 8 bytes
  EXPECT_EQ(read(counter.get()).outcome, ReadResult::Outcome::kNoSplice);
  const auto read_it = [&] {
    return Staging::read_directly(*ring_.writer, 0, counter.get(), ring_.writer->room(0)).outcome;
  };
  EXPECT_EQ(read_it(), ReadResult::Outcome::kData);
  EXPECT_EQ(take_all(*consumer_), "eventfd\n");
  EXPECT_EQ(read_it(), ReadResult::Outcome::kEmpty);
}

TEST_F(StagingTest, ADeathInTheSpliceLeavesAllInTheStagingPipe) {
  write_text(staging_in_, "line\n");
  note(IntakePhase::kSplice, 0);
  EXPECT_EQ(staging_->interrupted_ring(), kTestRingId);
  staging_->recover(ring_.writer.get());
  EXPECT_EQ(take_all(*consumer_), "line\n");
  EXPECT_EQ(staging_->interrupted_ring(), 0U);
}

TEST_F(StagingTest, ADeathInTheReadLeavesAPartInTheRing) {
  std::memcpy(ring_.writer->prepare(0, 5), "lin", 3);
  write_text(staging_in_, "e\n");
  note(IntakePhase::kRead, 5);
  consumer_.reset();
  ring_.reopen();
  staging_->recover(ring_.writer.get());
  consumer_ = ring_.claim("test", ConsumerKind::kGating);
  EXPECT_EQ(take_all(*consumer_), "line\n");
}

TEST_F(StagingTest, ADeathBehindTheCommitDoublesNothing) {
  note(IntakePhase::kRead, 5);
  ASSERT_TRUE(ring_.feed(0, "line\n"));
  staging_->recover(ring_.writer.get());
  EXPECT_EQ(take_all(*consumer_), "line\n");
  EXPECT_EQ(staging_->interrupted_ring(), 0U);
}

TEST_F(StagingTest, BytesOfARingThatIsGoneAreGivenUp) {
  write_text(staging_in_, "lost\n");
  note(IntakePhase::kSplice, 0);
  staging_->recover(nullptr);
  EXPECT_EQ(staging_->interrupted_ring(), 0U);
  write_text(pipe_.write, "next\n");
  EXPECT_EQ(read(pipe_.read.get()).bytes, 5U);
  EXPECT_EQ(take_all(*consumer_), "next\n");
}

TEST_F(StagingTest, NotesThatCannotBeTrueAreNotBelieved) {
  write_text(staging_in_, "more than noted\n");
  note(IntakePhase::kRead, 3);
  staging_->recover(ring_.writer.get());
  note(IntakePhase::kRead, std::uint64_t{1} << 40U);
  staging_->recover(ring_.writer.get());
  note(IntakePhase::kRead, 3);
  state_.pipe = 1000;
  staging_->recover(ring_.writer.get());
  EXPECT_EQ(take_all(*consumer_), "");
  EXPECT_EQ(staging_->interrupted_ring(), 0U);
}

}  // namespace
}  // namespace logging
