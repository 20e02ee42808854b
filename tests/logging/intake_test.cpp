// Covers logging/inputs/intake_commands.cpp and logging/handoff/router_state.h too.
#include "logging/inputs/intake.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <semaphore>
#include <thread>

#include "base/clock.h"
#include "base/unix_socket.h"
#include "logging/handoff/ring_create.h"
#include "logging/handoff/router_state_file.h"
#include "tests/logging/line_checker.h"

namespace logging {
namespace {

/// An intake over one ring with one gating sink that this thread plays.
class IntakeTest : public testing::Test {
 protected:
  void start(std::uint64_t capacity, ConsumerKind kind = ConsumerKind::kGating) {
    ring_fd_ = std::move(*create_ring(5, capacity, "/tmp"));
    state_fd_ = std::move(*create_router_state("/tmp"));
    state_.emplace(std::move(*RouterState::open(state_fd_.get())));
    ASSERT_TRUE(watch_.open());
    const Intake::Options options{
        .state = state_->header().intake,
        .pipe_memory_bytes = 8U << 20U,
        .diag = diag_,
        .busy = watch_.add(BusyStamp::Limit::kWallClock, "intake"),
        .on_event = [this](const IntakeEvent& event) { on_event(event); }};
    intake_.emplace(options, std::move(*base::make_pipe()));
    ASSERT_TRUE(intake_->open());
    feed_.emplace(9, std::move(*RingMap::open(ring_fd_.get(), base::Access::kReadWrite)),
                  intake_->room_fd());
    feed_->wakers.push_back(&waker_);
    consumer_ = std::move(*claim_consumer(feed_->ring, sink_id_of("test"), kind, &feed_->room));
    intake_->add_ring(*feed_);
    thread_ = std::thread([this] { intake_->run(); });
  }

  void TearDown() override {
    intake_->stop();
    thread_.join();
  }

  base::Fd add_pipe(std::uint32_t slot, Stream stream, int flags = 0) {
    base::Pipe pipe = std::move(*base::make_pipe(flags));
    intake_->add_pipe(9, {.slot = slot, .stream = stream, .incarnation = 1}, std::move(pipe.read));
    ++pipes_;
    return std::move(pipe.write);
  }

  /// Takes everything until every pipe has ended and nothing is left.
  void take_until_end(const std::function<void(const FrameView&)>& take) {
    for (;;) {
      const bool ended = ended_.load() == pipes_;
      const auto frames = consumer_->peek(256 * 1024);
      ASSERT_TRUE(frames) << frames.error().message;
      if (frames->empty()) {
        if (ended) {
          return;
        }
        waker_.wait(base::monotonic_ns() + 20 * base::kNsPerMs);
        continue;
      }
      Cursor cursor = consumer_->cursor();
      for (const FrameView& frame : *frames) {
        take(frame);
        cursor = RingConsumer::advance(cursor, frame, frame.bytes.size());
      }
      consumer_->commit(cursor);
    }
  }

  std::string take_text_until_end() {
    std::string text;
    take_until_end([&](const FrameView& frame) { text += frame.bytes; });
    return text;
  }

  void on_event(const IntakeEvent& event) {
    if (meet_) {
      meet_(event);
    }
    switch (event.kind) {
      case IntakeEvent::Kind::kPipeEnded:
        ended_.fetch_add(1);
        break;
      case IntakeEvent::Kind::kDrained:
        drained_.store(true);
        break;
      case IntakeEvent::Kind::kLineSeen:
        seen_.fetch_add(event.incarnation);
        break;
    }
    waker_.notify();
  }

  base::Diag diag_{2, base::DiagLevel::kError, "test: "};
  base::Fd ring_fd_;
  base::Fd state_fd_;
  std::optional<RouterState> state_;
  HangWatch watch_;
  std::optional<Intake> intake_;
  std::optional<RingFeed> feed_;
  Waker waker_;
  std::unique_ptr<RingConsumer> consumer_;
  std::thread thread_;
  std::function<void(const IntakeEvent&)> meet_;  // on the intake's thread
  int pipes_ = 0;
  std::atomic<int> ended_{0};
  std::atomic<bool> drained_{false};
  std::atomic<int> seen_{0};
};

void write_all(int fd, std::string_view text, std::size_t write_bytes) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), std::min(write_bytes, text.size()));
    ASSERT_GT(count, 0);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

TEST_F(IntakeTest, EveryLineOfFourWritersArrivesOnceAndInOrderThroughASmallRing) {
  start(RingLimits::kCapacityMin);
  constexpr int kLines = 40'000;
  std::vector<std::thread> writers;
  for (std::uint32_t slot = 0; slot < 4; ++slot) {
    const auto stream = slot % 2 == 0 ? Stream::kStdout : Stream::kStderr;
    writers.emplace_back([slot, fd = add_pipe(slot, stream)] {
      write_all(fd.get(), numbered_lines(static_cast<int>(slot), kLines), 1000 + slot * 999);
    });
  }
  LineChecker checker;
  take_until_end([&](const FrameView& frame) { checker.take(frame.bytes); });
  for (std::thread& writer : writers) {
    writer.join();
  }
  EXPECT_EQ(checker.problem(), "");
  EXPECT_EQ(checker.counts(),
            (std::map<int, int>{{0, kLines}, {1, kLines}, {2, kLines}, {3, kLines}}));
  EXPECT_EQ(feed_->ring.commit().next_line, std::uint64_t{4 * kLines});
}

TEST_F(IntakeTest, TellsThatALineHasComeOnce) {
  start(RingLimits::kCapacityMin);
  const auto make_watch = [] {
    std::vector<Regex> regexes;
    regexes.push_back(std::move(*Regex::make("rea[d]y")));
    return LineWatch(1, std::move(regexes));
  };
  const auto wait_for_seen = [&](int count) {
    while (seen_.load() < count) {
      waker_.wait(base::monotonic_ns() + 20 * base::kNsPerMs);
    }
  };
  intake_->await_line(9, make_watch());
  {
    const base::Fd writer = add_pipe(0, Stream::kStdout);
    write_all(writer.get(), "not yet\nready\nready\n", 100);
    wait_for_seen(1);
  }
  intake_->await_line(9, make_watch());  // as after the death of a router: it is there already
  wait_for_seen(2);
  EXPECT_EQ(take_text_until_end(), "not yet\nready\nready\n");
  EXPECT_EQ(seen_.load(), 2);
}

TEST_F(IntakeTest, EveryLineArrivesThroughALargeRingWithEnlargedPipes) {
  start(1U << 20U);
  constexpr int kLines = 400'000;
  std::thread writer([fd = add_pipe(0, Stream::kStdout)] {
    write_all(fd.get(), numbered_lines(0, kLines), 1U << 20U);
  });
  LineChecker checker;
  take_until_end([&](const FrameView& frame) { checker.take(frame.bytes); });
  writer.join();
  EXPECT_EQ(checker.problem(), "");
  EXPECT_EQ(checker.counts(), (std::map<int, int>{{0, kLines}}));
}

TEST_F(IntakeTest, ALappingReaderLosesLinesButNeverCountsWrong) {
  start(RingLimits::kCapacityMin, ConsumerKind::kLapping);
  constexpr int kLines = 200'000;
  std::thread writer([fd = add_pipe(0, Stream::kStdout)] {
    write_all(fd.get(), numbered_lines(0, kLines), 1U << 20U);
  });
  std::uint64_t taken = 0;
  std::uint64_t next = 0;
  take_until_end([&](const FrameView& frame) {
    EXPECT_GE(frame.header.first_line, next);
    next = frame.header.first_line + frame.header.lines;
    taken += frame.header.lines;
    EXPECT_EQ(frame.bytes.substr(0, frame.bytes.find(' ') + 9),
              numbered_line(0, static_cast<int>(frame.header.first_line)).substr(0, 10));
  });
  writer.join();
  const auto view = RingView::open(ring_fd_.get(), RingView::Extent::kHeaders);
  const auto state = view->consumers().at(0);
  EXPECT_EQ(state.received, std::uint64_t{kLines});
  EXPECT_EQ(state.delivered, taken);
  EXPECT_EQ(state.dropped[static_cast<std::size_t>(DropReason::kLapped)], kLines - taken);
}

TEST_F(IntakeTest, SingleBytesMakeWholeLines) {
  start(RingLimits::kCapacityMin);
  const std::string text = numbered_lines(0, 300);
  std::thread writer([&, fd = add_pipe(0, Stream::kStdout)] { write_all(fd.get(), text, 1); });
  EXPECT_EQ(take_text_until_end(), text);
  writer.join();
}

TEST_F(IntakeTest, PacketsAreNeverCutShort) {
  start(RingLimits::kCapacityMin);
  const std::string text = numbered_lines(0, 20'000);
  std::thread writer(
      [&, fd = add_pipe(0, Stream::kStdout, O_DIRECT)] { write_all(fd.get(), text, 777); });
  EXPECT_EQ(take_text_until_end(), text);
  writer.join();
}

TEST_F(IntakeTest, AMegabyteLineIsRejoinedByteForByte) {
  start(RingLimits::kCapacityMin);
  std::string text;
  for (int index = 0; text.size() < 1'000'000; ++index) {
    text += std::to_string(index) + ";";
  }
  text += "\nafter\n";
  std::thread writer([&, fd = add_pipe(0, Stream::kStdout)] { write_all(fd.get(), text, 50'000); });
  EXPECT_EQ(take_text_until_end(), text);
  EXPECT_EQ(feed_->ring.commit().next_line, 2U);
  writer.join();
}

TEST_F(IntakeTest, AHalfLineAtTheEndIsClosedBeforeThePipeEnds) {
  start(RingLimits::kCapacityMin);
  write_all(add_pipe(0, Stream::kStdout).get(), "whole\nhalf", 100);
  EXPECT_EQ(take_text_until_end(), "whole\nhalf");
  EXPECT_EQ(feed_->ring.commit().next_line, 2U);
}

TEST_F(IntakeTest, ClosePipeReadsWhatIsThereThoughTheWriterLives) {
  start(RingLimits::kCapacityMin);
  const base::Fd writer = add_pipe(0, Stream::kStdout);
  const std::string text = numbered_lines(0, 1000);
  write_all(writer.get(), text, 4096);
  intake_->close_pipe(9, 0);
  EXPECT_EQ(take_text_until_end(), text);
}

/// The pipes of the next instance make the intake read those of the last one to their end; that the
/// same round of polling reports them too must not end them again.
TEST_F(IntakeTest, APipeThatEndsWhileItsSuccessorComesEndsOnce) {
  start(RingLimits::kCapacityMin);
  base::Fd last = add_pipe(0, Stream::kStdout);
  const base::Fd other = add_pipe(1, Stream::kStderr);
  waker_.wait(base::monotonic_ns() + 50 * base::kNsPerMs);  // both are polled by now, or no harm
  std::binary_semaphore both_happened(0);
  std::atomic<int> ends_of_last{0};
  meet_ = [&](const IntakeEvent& event) {
    if (event.kind == IntakeEvent::Kind::kPipeEnded && event.slot == 1) {
      both_happened.acquire();
    } else if (event.kind == IntakeEvent::Kind::kPipeEnded && event.slot == 0) {
      ends_of_last.fetch_add(1);
    }
  };
  intake_->close_pipe(9, 1);
  last.reset();
  base::Pipe next = std::move(*base::make_pipe());
  intake_->add_pipe(9, {.slot = 2, .stream = Stream::kStdout, .incarnation = 2},
                    std::move(next.read));
  both_happened.release();
  ++pipes_;
  write_all(next.write.get(), "next\n", 100);
  next.write.reset();
  EXPECT_EQ(take_text_until_end(), "next\n");
  EXPECT_EQ(ends_of_last.load(), 1);
}

TEST_F(IntakeTest, DrainReadsEverythingThatIsThereAndThenSaysSo) {
  start(RingLimits::kCapacityMin);
  const base::Fd quiet = add_pipe(1, Stream::kStderr);
  const base::Fd writer = add_pipe(0, Stream::kStdout);
  write_all(writer.get(), "one\nhalf", 100);
  intake_->drain();
  while (!drained_.load()) {
    waker_.wait(base::monotonic_ns() + 20 * base::kNsPerMs);
  }
  const auto frames = consumer_->peek(1000);
  ASSERT_EQ(frames->size(), 2U);
  EXPECT_EQ((*frames)[0].bytes, "one\n");
  EXPECT_EQ((*frames)[1].bytes, "half");
}

TEST_F(IntakeTest, TimeSpentWaitingForRoomIsCounted) {
  start(RingLimits::kCapacityMin);
  std::thread writer([fd = add_pipe(0, Stream::kStdout)] {
    write_all(fd.get(), numbered_lines(0, 20'000), 60'000);
  });
  while (!feed_->room.is_waiting()) {
    std::this_thread::yield();
  }
  static_cast<void>(take_text_until_end());
  writer.join();
  EXPECT_GT(feed_->ring.commit().blocked_ns, 0U);
}

TEST_F(IntakeTest, ASocketIsReadToItsEnd) {
  start(RingLimits::kCapacityMin);
  base::SocketPair pair = std::move(*base::make_socket_pair());
  intake_->add_pipe(9, {.slot = 0, .stream = Stream::kStdout, .incarnation = 1},
                    std::move(pair.first));
  ++pipes_;
  write_all(pair.second.get(), "a\nb\nc", 6);
  pair.second.reset();
  EXPECT_EQ(take_text_until_end(), "a\nb\nc");
}

}  // namespace
}  // namespace logging
