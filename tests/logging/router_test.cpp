// Covers logging/router/graph.h too: router processes over real pipes.
#include "logging/router/router.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/clock.h"
#include "logging/handoff/ring_map.h"
#include "logging/handoff/router_state_file.h"
#include "tests/logging/line_checker.h"
#include "tests/logging/router_harness.h"

namespace logging {
namespace {

constexpr std::uint64_t kPatienceNs = 60 * base::kNsPerSecond;

/// Processes that write numbered lines and exit; killed and reaped with this object.
class Writers {
 public:
  Writers() = default;
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;
  ~Writers() {
    for (const pid_t pid : pids_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }

  void write_lines(base::Fd fd, int writer, int count, std::size_t write_bytes) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      write_and_exit(fd, numbered_lines(writer, count), write_bytes);
    }
    pids_.push_back(pid);
  }

 private:
  [[noreturn]] static void write_and_exit(const base::Fd& fd, std::string_view text,
                                          std::size_t write_bytes) {
    while (!text.empty()) {
      const ssize_t count = ::write(fd.get(), text.data(), std::min(write_bytes, text.size()));
      if (count <= 0) {
        ::_exit(1);
      }
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    ::_exit(0);
  }

  std::vector<pid_t> pids_;
};

void write_text(const base::Fd& fd, std::string_view text) {
  ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

std::uint64_t patience() {
  return base::monotonic_ns() + kPatienceNs;
}

RingView::ConsumerState ledger(RouterHarness& harness, std::uint32_t service) {
  const auto states =
      RingView::open(harness.ring_fd(service), RingView::Extent::kHeaders)->consumers();
  return states.empty() ? RingView::ConsumerState{} : states[0];
}

TEST(RouterTest, DeliversEverythingAndEndsWithCodeZero) {
  Writers writers;
  RouterHarness harness;
  const auto service = harness.add_service(RingLimits::kCapacityMin);
  writers.write_lines(harness.add_pipe(service, Stream::kStdout), 0, 50'000, 3000);
  writers.write_lines(harness.add_pipe(service, Stream::kStderr), 1, 50'000, 1111);
  harness.start();
  ASSERT_TRUE(harness.run_until([&] { return harness.all_ended(); }));
  harness.send_drain(patience());
  ASSERT_TRUE(harness.run_until([&] { return harness.drained().has_value(); }));
  EXPECT_EQ(harness.drained(), true);
  EXPECT_EQ(harness.close_and_wait(), 0);
  LineChecker checker;
  checker.take(harness.output(service).taken());
  EXPECT_EQ(checker.problem(), "");
  EXPECT_EQ(checker.counts(), (std::map<int, int>{{0, 50'000}, {1, 50'000}}));
}

TEST(RouterTest, APipeAndAServiceMayComeWhileItRuns) {
  RouterHarness harness;
  harness.add_service(RingLimits::kCapacityMin);
  harness.start();
  ASSERT_TRUE(harness.run_until([&] { return harness.ready(); }));
  write_text(harness.add_pipe(1, Stream::kStdout), "late pipe\n");
  ASSERT_TRUE(harness.run_until([&] { return harness.all_ended(); }));
  ASSERT_TRUE(harness.run_until([&] { return harness.output(1).taken() == "late pipe\n"; }));
}

TEST(RouterTest, TwoHundredDeathsAtAnyStepLoseNothingAndDoubleNothing) {
  Writers writers;
  RouterHarness harness;
  constexpr int kLines = 80'000;
  constexpr int kDeaths = 200;
  for (int service = 1; service <= 2; ++service) {
    const auto id = harness.add_service(RingLimits::kCapacityMin);
    writers.write_lines(harness.add_pipe(id, Stream::kStdout), 2 * service, kLines, 997);
    writers.write_lines(harness.add_pipe(id, Stream::kStderr), 2 * service + 1, kLines, 4001);
  }
  int deaths = 0;
  for (bool delivered = false; !delivered;) {
    harness.start(deaths < kDeaths ? "*:40" : "");
    if (!harness.run_until([&] { return harness.all_ended(); })) {
      ++deaths;
      continue;
    }
    harness.send_drain(patience());
    delivered = harness.run_until([&] { return harness.drained().has_value(); });
    deaths += delivered ? 0 : 1;
  }
  EXPECT_EQ(harness.drained(), true);
  EXPECT_GE(deaths, kDeaths);
  LineChecker checker;
  checker.take(harness.output(1).taken());
  checker.take(harness.output(2).taken());
  EXPECT_EQ(checker.problem(), "");
  EXPECT_EQ(checker.counts(),
            (std::map<int, int>{{2, kLines}, {3, kLines}, {4, kLines}, {5, kLines}}));
  EXPECT_EQ(ledger(harness, 1).delivered, std::uint64_t{2 * kLines});
  EXPECT_EQ(harness.close_and_wait(), 0);
}

TEST(RouterTest, ADamagedRingIsRefusedAndTheOthersGoOn) {
  RouterHarness harness;
  harness.add_service(RingLimits::kCapacityMin);
  harness.add_service(RingLimits::kCapacityMin);
  const std::uint64_t nonsense = 12'345;  // a tail that is ahead of the head
  ASSERT_EQ(::pwrite(harness.ring_fd(1), &nonsense, sizeof(nonsense), offsetof(RingHeader, tail)),
            static_cast<ssize_t>(sizeof(nonsense)));
  write_text(harness.add_pipe(2, Stream::kStdout), "fine\n");
  harness.start();
  ASSERT_TRUE(harness.run_until([&] { return harness.all_ended(); }));
  ASSERT_EQ(harness.acks().size(), 2U);
  EXPECT_FALSE(harness.acks()[0].accepted);
  EXPECT_TRUE(harness.acks()[1].accepted);
}

TEST(RouterTest, AFailingTargetBlocksAndNothingIsLostWhenItWorksAgain) {
  Writers writers;
  RouterHarness harness;
  harness.add_service(RingLimits::kCapacityMin);
  harness.orders().fails.store(true);
  writers.write_lines(harness.add_pipe(1, Stream::kStdout), 0, 20'000, 4000);
  harness.start();
  ASSERT_TRUE(harness.run_until([&] { return harness.ready(); }));
  ASSERT_TRUE(harness.run_until([&] { return ledger(harness, 1).buffered_bytes > 40'000; }));
  const auto view = RouterStateView::open(harness.state_fd());
  EXPECT_EQ(view->sinks().at(0).health, SinkHealth::kRetrying);
  EXPECT_EQ(view->sinks().at(0).last_error, "cannot write: told so");
  harness.orders().fails.store(false);
  ASSERT_TRUE(harness.run_until([&] { return harness.all_ended(); }));
  ASSERT_TRUE(harness.run_until([&] { return ledger(harness, 1).delivered == 20'000; }));
  LineChecker checker;
  checker.take(harness.output(1).taken());
  EXPECT_EQ(checker.problem(), "");
}

TEST(RouterTest, ATargetThatFailsLongerThanBlockLimitLosesTheOldestAndCountsThem) {
  Writers writers;
  RouterHarness harness(WhenFull::kBlock, base::milliseconds(20));
  harness.add_service(RingLimits::kCapacityMin);
  harness.orders().fails.store(true);
  writers.write_lines(harness.add_pipe(1, Stream::kStdout), 0, 20'000, 4000);
  harness.start();
  ASSERT_TRUE(harness.run_until([&] { return harness.all_ended(); }));
  harness.orders().fails.store(false);
  ASSERT_TRUE(harness.run_until([&] { return ledger(harness, 1).buffered == 0; }));
  const auto state = ledger(harness, 1);
  EXPECT_EQ(state.received, 20'000U);
  EXPECT_GT(state.dropped[static_cast<std::size_t>(DropReason::kBlockLimit)], 10'000U);
  const auto text = harness.output(1).taken();
  std::uint64_t notices = 0;
  for (std::size_t at = text.find("birl: [warn]"); at != std::string::npos;
       at = text.find("birl: [warn]", at + 1)) {
    ++notices;
  }
  EXPECT_GE(notices, 1U) << "where lines are missing the output says so";
  EXPECT_EQ(state.delivered + notices, static_cast<std::uint64_t>(std::ranges::count(text, '\n')));
  EXPECT_TRUE(text.ends_with(numbered_line(0, 19'999)));
}

TEST(RouterTest, ATargetThatFailsForLongCostsNobodyElseALine) {
  Writers writers;
  RouterHarness harness(WhenFull::kBlock, base::milliseconds(20));
  harness.add_service(RingLimits::kCapacityMin);
  harness.add_service(RingLimits::kCapacityMin);
  harness.orders().failing_ring.store(read_identity(harness.ring_fd(1))->ring_id);
  writers.write_lines(harness.add_pipe(1, Stream::kStdout), 0, 20'000, 4000);
  harness.start();
  constexpr auto kBlockLimit = static_cast<std::size_t>(DropReason::kBlockLimit);
  ASSERT_TRUE(harness.run_until([&] { return ledger(harness, 1).dropped[kBlockLimit] > 0; }));
  // The other one's ring is full again and again: that is no reason to drop.
  writers.write_lines(harness.add_pipe(2, Stream::kStdout), 1, 200'000, 65'536);
  ASSERT_TRUE(harness.run_until([&] { return harness.all_ended(); }));
  ASSERT_TRUE(harness.run_until([&] { return ledger(harness, 2).buffered == 0; }));
  EXPECT_EQ(ledger(harness, 2).delivered, 200'000U);
  EXPECT_EQ(ledger(harness, 2).dropped[kBlockLimit], 0U);
}

TEST(RouterTest, ADrainThatCannotFinishSaysSoAtItsDeadline) {
  RouterHarness harness;
  harness.add_service(RingLimits::kCapacityMin);
  harness.orders().fails.store(true);
  write_text(harness.add_pipe(1, Stream::kStdout), "stuck\n");
  harness.start();
  harness.send_drain(base::monotonic_ns() + 50 * base::kNsPerMs);
  ASSERT_TRUE(harness.run_until([&] { return harness.drained().has_value(); }));
  EXPECT_EQ(harness.drained(), false);
}

TEST(RouterTest, AFrameThatKillsThreeRoutersGoesRawAtTheFourth) {
  RouterHarness harness;
  harness.add_service(RingLimits::kCapacityMin);
  write_text(harness.add_pipe(1, Stream::kStdout), "deadly\n");
  harness.orders().deadly_frame.store(0);
  harness.orders().deaths_left.store(100);
  int deaths = 0;
  for (;;) {
    harness.start();
    if (harness.run_until([&] { return harness.output(1).taken() == "deadly\n"; })) {
      break;
    }
    ASSERT_LT(++deaths, 10);
  }
  EXPECT_EQ(deaths, 3);
  EXPECT_EQ(harness.orders().poisoned_seen.load(), 1U);
}

TEST(RouterTest, APoisonedFrameIsDroppedBeforeASinkThatParses) {
  RouterHarness harness;
  harness.add_service(RingLimits::kCapacityMin);
  write_text(harness.add_pipe(1, Stream::kStdout), "deadly\n");
  harness.orders().deadly_frame.store(0);
  harness.orders().deaths_left.store(100);
  harness.orders().parses.store(true);
  for (int lives = 0; lives < 4; ++lives) {
    harness.start();
    if (harness.run_until(
            [&] { return ledger(harness, 1).buffered == 0 && harness.all_ended(); })) {
      break;
    }
  }
  EXPECT_EQ(ledger(harness, 1).dropped[static_cast<std::size_t>(DropReason::kPoison)], 1U);
  EXPECT_EQ(harness.output(1).taken(), "");
}

TEST(RouterTest, WhenPid1IsGoneItDeliversAndEnds) {
  RouterHarness harness;
  harness.add_service(RingLimits::kCapacityMin);
  const base::Fd writer = harness.add_pipe(1, Stream::kStdout);
  write_text(writer, "last words\n");
  harness.start();
  ASSERT_TRUE(harness.run_until([&] { return harness.ready(); }));
  EXPECT_EQ(harness.close_and_wait(), 0);
  EXPECT_EQ(harness.output(1).taken(), "last words\n");
}

}  // namespace
}  // namespace logging
