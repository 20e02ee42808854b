// A sink that hangs, with a queue in front of it (logging/router/sink_queue.h), in real router
// processes: its service never waits, and every line is delivered or counted and told.
#include "logging/router/sink_queue.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>

#include "base/clock.h"
#include "tests/logging/line_checker.h"
#include "tests/logging/router_harness.h"

namespace logging {
namespace {

constexpr std::uint64_t kLines = 20'000;
constexpr std::string_view kNotice = "birl: [warn] ";

/// A process that writes numbered lines; gone with this object.
class Writer {
 public:
  explicit Writer(base::Fd fd) : pid_(::fork()) {
    if (pid_ == 0) {
      std::string text = numbered_lines(0, static_cast<int>(kLines));
      for (std::size_t at = 0; at < text.size();) {
        const ssize_t count = ::write(fd.get(), text.data() + at, text.size() - at);
        if (count <= 0) {
          ::_exit(1);
        }
        at += static_cast<std::size_t>(count);
      }
      ::_exit(0);
    }
  }
  ~Writer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

 private:
  pid_t pid_;
};

struct Taken {
  std::string lines;  // without notices
  std::uint64_t count = 0;
  std::uint64_t told = 0;
};

Taken split(std::string_view text) {
  Taken taken;
  while (!text.empty()) {
    const std::size_t end = text.find('\n') + 1;
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(kNotice)) {
      std::uint64_t told = 0;
      std::from_chars(line.data() + kNotice.size(), line.data() + line.size(), told);
      taken.told += told;
    } else {
      taken.lines += line;
      ++taken.count;
    }
    text.remove_prefix(end);
  }
  return taken;
}

RingView::ConsumerState ledger(RouterHarness& harness) {
  const auto states = RingView::open(harness.ring_fd(1), RingView::Extent::kHeaders)->consumers();
  RingView::ConsumerState state = states.empty() ? RingView::ConsumerState{} : states[0];
  std::uint64_t dropped = 0;
  for (const std::uint64_t count : state.dropped) {
    dropped += count;
  }
  EXPECT_EQ(state.received, state.delivered + state.buffered + dropped);
  return state;
}

std::uint64_t queue_full(const RingView::ConsumerState& state) {
  return state.dropped[static_cast<std::size_t>(DropReason::kQueueFull)];
}

void expect_all_accounted_for(RouterHarness& harness) {
  ASSERT_TRUE(harness.run_until([&] {
    const auto state = ledger(harness);
    return state.received == kLines && state.buffered == 0 &&
           split(harness.output(1).taken()).told == queue_full(state);
  }));
  const auto state = ledger(harness);
  const Taken taken = split(harness.output(1).taken());
  EXPECT_GT(queue_full(state), 0U);
  EXPECT_EQ(state.delivered + queue_full(state), kLines) << "nothing was lapped";
  EXPECT_EQ(taken.count, state.delivered);
  EXPECT_TRUE(taken.lines.starts_with(numbered_line(0, 0)));
}

TEST(SinkQueueTest, WhileItsSinkHangsTheServiceGoesOnAndTheNewestAreDropped) {
  RouterHarness harness(WhenFull::kDropNewest);
  harness.add_service(RingLimits::kCapacityMin);
  harness.orders().hangs.store(true);
  const Writer writer(harness.add_pipe(1, Stream::kStdout));
  harness.start();
  ASSERT_TRUE(harness.run_until([&] { return harness.all_ended(); }));
  ASSERT_TRUE(harness.run_until([&] { return queue_full(ledger(harness)) > 0; }));
  EXPECT_EQ(harness.output(1).taken(), "");
  harness.orders().hangs.store(false);
  expect_all_accounted_for(harness);
}

TEST(SinkQueueTest, RoutersThatDieAtAnyStepOfTheQueueLoseAndDoubleNothing) {
  for (const char* crash : {"queue.filled:3", "queue.taken:4", "queue.filled:1"}) {
    RouterHarness harness(WhenFull::kDropNewest);
    harness.add_service(RingLimits::kCapacityMin);
    harness.orders().hangs.store(true);
    const Writer writer(harness.add_pipe(1, Stream::kStdout));
    harness.start(crash);
    ASSERT_FALSE(harness.run_until([] { return false; })) << crash;
    harness.start("queue.taken:9");
    ASSERT_FALSE(harness.run_until([] { return false; })) << crash;
    harness.start();
    ASSERT_TRUE(harness.run_until([&] { return harness.all_ended(); })) << crash;
    harness.orders().hangs.store(false);
    expect_all_accounted_for(harness);
  }
}

TEST(SinkQueueTest, ADrainWaitsForWhatIsInTheQueue) {
  RouterHarness harness(WhenFull::kDropByLevel);
  harness.add_service(RingLimits::kCapacityMin);
  {
    const base::Fd pipe = harness.add_pipe(1, Stream::kStdout);
    ASSERT_EQ(::write(pipe.get(), "one\ntwo\n", 8), 8);
  }
  harness.start();
  ASSERT_TRUE(harness.run_until([&] { return harness.all_ended(); }));
  harness.send_drain(base::monotonic_ns() + 60 * base::kNsPerSecond);
  ASSERT_TRUE(harness.run_until([&] { return harness.drained().has_value(); }));
  EXPECT_EQ(harness.drained(), true);
  EXPECT_EQ(harness.output(1).taken(), "one\ntwo\n");
  EXPECT_EQ(harness.close_and_wait(), 0);
}

}  // namespace
}  // namespace logging
