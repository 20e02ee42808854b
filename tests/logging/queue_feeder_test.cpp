// From a service's ring into a sink's queue: who gets in, what is told, and a ledger that is exact
// wherever a router was killed.
#include "logging/router/queue_feeder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/crash_point.h"
#include "logging/admission.h"
#include "tests/logging/test_ring.h"

namespace logging {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kQueueId = 99;
constexpr std::uint64_t kCapacity = RingLimits::kCapacityMin;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

/// What outlives a router: the service's ring and the queue of one sink.
struct QueueWorld {
  QueueWorld() : queue_fd(std::move(*create_ring(kQueueId, kCapacity, "/tmp"))) {
    const auto source = claim_source();
    RingMap queue = std::move(*RingMap::open(queue_fd.get(), base::Access::kReadWrite));
    CommitSlot empty = queue.commit();
    empty.take = {.from = source->cursor(), .to = source->cursor()};
    queue.publish(empty);
    queue.header().origin.source_ring_id = kTestRingId;
  }

  std::unique_ptr<RingConsumer> claim_source() {
    return service.claim("files", ConsumerKind::kLapping);
  }
  [[nodiscard]] RingView::ConsumerState ledger() const {
    const auto view = RingView::open(service.fd.get(), RingView::Extent::kHeaders);
    RingView::ConsumerState state = view->consumers().front();
    std::uint64_t dropped = 0;
    for (const std::uint64_t count : state.dropped) {
      dropped += count;
    }
    EXPECT_EQ(state.received, state.delivered + state.buffered + dropped);
    return state;
  }
  [[nodiscard]] std::uint64_t queue_full() const {
    return ledger().dropped[static_cast<std::size_t>(DropReason::kQueueFull)];
  }

  TestRing service{kCapacity};
  base::Fd queue_fd;
};

/// One router's life with it.
struct QueueRouter {
  explicit QueueRouter(QueueWorld& world, WhenFull policy = WhenFull::kDropNewest)
      : source(world.claim_source()),
        queue(std::move(*RingMap::open(world.queue_fd.get(), base::Access::kReadWrite))),
        sink(
            std::move(*claim_consumer(queue, sink_id_of("files"), ConsumerKind::kGating, nullptr))),
        feeder({.service = "web", .policy = policy}, *source, queue) {
    source->tell_losses("web");
    feeder.recover();
  }

  void step() {
    now_ns += kSecondNs;
    for (auto stepped = feeder.step(now_ns); stepped.value(); stepped = feeder.step(now_ns)) {
    }
  }
  /// What the sink writes.
  std::string take() {
    std::string text = take_all(*sink);
    static_cast<void>(feeder.settle());
    return text;
  }

  std::unique_ptr<RingConsumer> source;
  RingMap queue;
  std::unique_ptr<RingConsumer> sink;
  QueueFeeder feeder;
  std::uint64_t now_ns = 0;
};

std::string lines(std::string_view level, int from, int count) {
  std::string text;
  for (int line = from; line < from + count; ++line) {
    text += fmt::format("{} {:06} {}\n", level, line, std::string(80, 'x'));
  }
  return text;
}

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    ++count;
  }
  return count;
}

TEST(AdmissionTest, TheLowestLevelsGoFirst) {
  const auto permille = [](Severity severity) {
    return admitted_bytes(WhenFull::kDropByLevel, severity, 1000);
  };
  EXPECT_EQ(permille(Severity::kTrace), 500U);
  EXPECT_EQ(permille(Severity::kDebug), 500U);
  EXPECT_EQ(permille(Severity::kInfo), 750U);
  EXPECT_EQ(permille(Severity::kNotice), 750U);
  EXPECT_EQ(permille(Severity::kWarn), 875U);
  EXPECT_EQ(permille(Severity::kError), 1000U);
  EXPECT_EQ(permille(Severity::kEmergency), 1000U);
  EXPECT_EQ(admitted_bytes(WhenFull::kDropNewest, Severity::kTrace, 1000), 1000U);
}

TEST(QueueFeederTest, LinesPassUnchangedWhileThereIsRoom) {
  QueueWorld world;
  QueueRouter router(world);
  ASSERT_TRUE(world.service.feed(0, "one\ntwo\nthr"));
  ASSERT_TRUE(world.service.feed(1, "bad\n"));
  ASSERT_TRUE(world.service.feed(0, "ee\n"));
  router.step();
  EXPECT_EQ(world.ledger().spooled, 4U);
  EXPECT_EQ(world.ledger().delivered, 0U);
  EXPECT_EQ(router.take(), "one\ntwo\nbad\nthree\n");
  EXPECT_EQ(world.ledger().delivered, 4U);
  EXPECT_EQ(world.ledger().buffered, 0U);
}

/// The sink is stuck: what came first stays, the rest is counted at once, and told where it was.
TEST(QueueFeederTest, TheNewestAreDroppedAndToldWhereTheyAreMissing) {
  QueueWorld world;
  QueueRouter router(world);
  int fed = 0;
  while (world.queue_full() == 0) {
    ASSERT_TRUE(world.service.feed(0, lines("INFO", fed, 100)));
    fed += 100;
    router.step();
  }
  const auto before = world.ledger();
  EXPECT_EQ(before.received, static_cast<std::uint64_t>(fed));
  EXPECT_EQ(before.spooled + world.queue_full(), before.received);
  const std::string first = router.take();
  EXPECT_EQ(count_of(first, "\n"), before.spooled);
  EXPECT_EQ(count_of(first, "birl:"), 0U);

  ASSERT_TRUE(world.service.feed(0, "INFO after\n"));
  router.step();
  EXPECT_EQ(router.take(),
            fmt::format("birl: [warn] {} lines of web are missing here\nINFO after\n",
                        world.queue_full()));
  EXPECT_EQ(world.ledger().delivered + world.queue_full(), static_cast<std::uint64_t>(fed) + 1);
}

TEST(QueueFeederTest, WhatIsMissingIsToldAlsoWhenNoLineComesAnyMore) {
  QueueWorld world;
  QueueRouter router(world);
  for (int fed = 0; world.queue_full() == 0; fed += 100) {
    ASSERT_TRUE(world.service.feed(0, lines("INFO", fed, 100)));
    router.step();
  }
  router.step();
  EXPECT_THAT(router.take(), testing::Not(HasSubstr("missing")));
  router.step();
  EXPECT_THAT(router.take(), HasSubstr("missing here\n"));
  EXPECT_EQ(router.feeder.due_ns(), 0U);
  EXPECT_EQ(world.ledger().buffered, 0U);
}

/// Debug lines fill a half of the queue at most, and errors all arrive while there is room.
TEST(QueueFeederTest, ByLevelErrorsGetInWhereOthersDoNotAnyMore) {
  QueueWorld world;
  QueueRouter router(world, WhenFull::kDropByLevel);
  for (int round = 0; round < 12; ++round) {
    ASSERT_TRUE(world.service.feed(0, lines("DEBUG", round * 100, 60)));
    ASSERT_TRUE(world.service.feed(0, lines("INFO", round * 100, 30)));
    ASSERT_TRUE(world.service.feed(0, lines("WARN", round * 100, 9)));
    ASSERT_TRUE(world.service.feed(0, lines("ERROR", round * 100, 5)));
    ASSERT_TRUE(world.service.feed(0, "no level\n"));
    router.step();
  }
  const std::string taken = router.take();
  EXPECT_EQ(count_of(taken, "ERROR"), 60U);
  EXPECT_LT(count_of(taken, "DEBUG") * 100, kCapacity / 2);
  EXPECT_LT(count_of(taken, "DEBUG"), 720U);
  EXPECT_LT(count_of(taken, "INFO"), 360U);
  const std::uint64_t arrived = count_of(taken, "\n") - count_of(taken, "birl: [warn]");
  EXPECT_EQ(arrived + world.queue_full(), 12U * 105U);
  EXPECT_EQ(world.ledger().delivered, arrived);
}

TEST(QueueFeederTest, OnStderrALineWithoutALevelHasTheServices) {
  QueueWorld world;
  QueueRouter router(world, WhenFull::kDropByLevel);
  while (world.queue_full() == 0) {
    ASSERT_TRUE(world.service.feed(0, lines("plain", 0, 50)));
    router.step();
  }
  const std::uint64_t before = world.queue_full();
  ASSERT_TRUE(world.service.feed(1, "it broke\n"));
  router.step();
  EXPECT_EQ(world.queue_full(), before);
  EXPECT_THAT(router.take(), HasSubstr("it broke\n"));
}

TEST(QueueFeederTest, AnotherPolicyLetsTheRestStayInTheRing) {
  QueueWorld world;
  QueueRouter router(world, WhenFull::kBlock);
  int fed = 0;
  for (; fed < 2000 && world.service.feed(0, lines("INFO", fed, 50)); fed += 50) {
    router.step();
  }
  std::string taken;
  for (std::string more = router.take(); !more.empty(); more = router.take()) {
    taken += more;
    router.step();
  }
  EXPECT_EQ(world.queue_full(), 0U);
  EXPECT_EQ(world.ledger().delivered, count_of(taken, "\n"));
}

/// A line in pieces whose first was dropped loses the others too.
TEST(QueueFeederTest, PiecesShareTheFateOfTheirLine) {
  QueueWorld world;
  QueueRouter router(world);
  for (int fed = 0; world.queue_full() == 0; fed += 100) {
    ASSERT_TRUE(world.service.feed(0, lines("INFO", fed, 100)));
    router.step();
  }
  const std::string piece(kCapacity / 8, 'p');
  ASSERT_TRUE(world.service.feed(0, piece));
  ASSERT_TRUE(world.service.feed(0, piece));
  ASSERT_TRUE(world.service.feed(0, piece));
  router.step();
  static_cast<void>(router.take());
  const std::uint64_t before = world.queue_full();
  ASSERT_TRUE(world.service.feed(0, "end\nnext\n"));
  router.step();
  const std::string taken = router.take();
  EXPECT_EQ(count_of(taken, "pp"), 0U);
  EXPECT_THAT(taken, HasSubstr("next\n"));
  EXPECT_EQ(world.queue_full(), before + 1);
}

/// True when the child was killed.
bool run_killed(QueueWorld& world, const std::string& crash) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("BIRL_DEBUG_CRASH", crash.c_str(), 1);
    base::arm_crash_points();
    QueueRouter router(world);
    router.step();
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFSIGNALED(status);
}

TEST(QueueFeederTest, ARouterKilledBetweenTheTwoCommitsTakesNothingTwice) {
  for (const char* point : {"queue.filled", "queue.taken", "ring.prepared", "ring.committed",
                            "consumer.committing", "consumer.committed"}) {
    QueueWorld world;
    ASSERT_TRUE(world.service.feed(0, lines("INFO", 0, 100)));
    ASSERT_TRUE(world.service.feed(1, lines("ERROR", 0, 100)));
    EXPECT_TRUE(run_killed(world, fmt::format("{}:1", point))) << point;
    ASSERT_TRUE(world.service.feed(0, "last\n"));
    QueueRouter router(world);
    router.step();
    const std::string taken = router.take();
    EXPECT_EQ(taken, lines("INFO", 0, 100) + lines("ERROR", 0, 100) + "last\n") << point;
    EXPECT_EQ(world.ledger().delivered, 201U) << point;
  }
}

/// What was dropped and not told of when the router died is told by the next one.
TEST(QueueFeederTest, TheNextRouterKnowsWhatNobodyWasToldOf) {
  QueueWorld world;
  std::uint64_t missing = 0;
  {
    QueueRouter router(world);
    for (int fed = 0; world.queue_full() == 0; fed += 100) {
      ASSERT_TRUE(world.service.feed(0, lines("INFO", fed, 100)));
      router.step();
    }
    missing = world.queue_full();
  }
  QueueRouter router(world);
  static_cast<void>(router.take());
  ASSERT_TRUE(world.service.feed(0, "INFO after\n"));
  router.step();
  EXPECT_EQ(router.take(),
            fmt::format("birl: [warn] {} line{} of web {} missing here\nINFO after\n", missing,
                        missing == 1 ? "" : "s", missing == 1 ? "is" : "are"));
}

TEST(LossNoticeTest, ALappedConsumerReadsWhereLinesAreMissingAndTheyCountOnce) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kLapping);
  consumer->tell_losses("web");
  for (int fed = 0; fed < 2000; fed += 100) {
    ASSERT_TRUE(ring.feed(0, lines("INFO", fed, 100)));
  }
  const std::string taken = take_all(*consumer);
  const std::uint64_t lapped = consumer->dropped()[static_cast<std::size_t>(DropReason::kLapped)];
  EXPECT_TRUE(taken.starts_with(
      fmt::format("birl: [warn] {} lines of web are missing here\nINFO ", lapped)))
      << taken.substr(0, 100);
  EXPECT_EQ(count_of(taken, "\n") - 1 + lapped, 2000U);
  EXPECT_EQ(consumer->delivered() + lapped, 2000U);
  EXPECT_EQ(count_of(taken, "birl:"), 1U);
}

TEST(LossNoticeTest, FramesThatAreGivenUpAreToldToo) {
  TestRing ring;
  const auto consumer = ring.claim("files", ConsumerKind::kGating);
  consumer->tell_losses("web");
  ASSERT_TRUE(ring.feed(0, "one\ntwo\n"));
  ASSERT_TRUE(ring.feed(0, "three\n"));
  ASSERT_TRUE(consumer->give_up_frame(DropReason::kBlockLimit));
  EXPECT_EQ(take_all(*consumer), "birl: [warn] 2 lines of web are missing here\nthree\n");
  EXPECT_FALSE(consumer->give_up_frame(DropReason::kBlockLimit));
  EXPECT_EQ(consumer->delivered(), 1U);
}

}  // namespace
}  // namespace logging
