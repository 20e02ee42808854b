// Network sinks against a destination in the same process: batches, outages, full spools, boots.
#include "shippers/network/network_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <set>

#include "shippers/network/batch_builder.h"
#include "shippers/network/courier.h"
#include "shippers/network/destination.h"
#include "shippers/network/line.h"
#include "shippers/network/line_ledger.h"
#include "tests/shippers/network_world.h"

namespace shippers {
namespace {

using logging::DropReason;
using logging::SinkHealth;
using testing::ElementsAre;

Outcome answer(Verdict verdict) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.reason = "cannot send: told to fail";
  return outcome;
}

std::uint64_t dropped_of(const NetworkWorld& world, DropReason reason) {
  std::uint64_t sum = 0;
  for (const auto& service : world.services) {
    for (const auto& ring :
         logging::RingView::open(service->fd.get(), logging::RingView::Extent::kHeaders)
             ->consumers()) {
      sum += ring.dropped[static_cast<std::size_t>(reason)];
    }
  }
  return sum;
}

TEST(NetworkSinkTest, LinesOfAllServicesGoInOneBatchAfterLinger) {
  NetworkWorld world;
  TestService& web = world.add_service("web", 1);
  TestService& db = world.add_service("db", 2);
  std::vector<std::size_t> requests;
  NetworkRouter router(world, [&](std::span<const SpoolEvent> events) {
    requests.push_back(events.size());
    return Outcome{};
  });
  ASSERT_TRUE(router.run());
  ASSERT_TRUE(web.feed(kOutPipe, "w1\nw2\n"));
  ASSERT_TRUE(db.feed(kErrPipe, "d1\n"));
  EXPECT_EQ(router.round(), router.now_ns + 10 * base::kNsPerMs);
  EXPECT_TRUE(requests.empty());
  ASSERT_TRUE(router.run());
  EXPECT_THAT(requests, ElementsAre(3U));
  EXPECT_THAT(world.accepted(), ElementsAre("w1", "w2", "d1"));
  EXPECT_EQ(world.ledger(), (NetworkWorld::Ledger{.received = 3, .delivered = 3}));
}

TEST(NetworkSinkTest, ALineWithoutItsNewlineAndEmptyLinesCount) {
  NetworkWorld world;
  TestService& web = world.add_service("web", 1);
  ASSERT_TRUE(web.feed(kOutPipe, "\n\nlast"));
  web.close(kOutPipe);
  NetworkRouter router(world);
  ASSERT_TRUE(router.run());
  EXPECT_THAT(world.accepted(), ElementsAre("", "", "last"));
  EXPECT_EQ(world.ledger().delivered, 3U);
}

TEST(NetworkSinkTest, ALineThatIsTooLongIsCutBetweenCharacters) {
  NetworkWorld world;
  TestService& web = world.add_service("web", 1);
  std::string line;
  while (line.size() < 2000) {
    line += "\xC3\xA4";
  }
  ASSERT_TRUE(web.feed(kOutPipe, line + "\nnext\n"));
  NetworkRouter router(world);
  ASSERT_TRUE(router.run());
  ASSERT_EQ(world.accepted().size(), 2U);
  const std::string cut = world.accepted()[0];
  EXPECT_GT(cut.size(), 300U);
  EXPECT_LT(cut.size(), 500U);
  EXPECT_EQ(cut, line.substr(0, cut.size() / 2 * 2));
  EXPECT_EQ(world.accepted()[1], "next");
}

TEST(NetworkSinkTest, WhatIsNotAcknowledgedIsBufferedAndNotDelivered) {
  NetworkWorld world;
  ASSERT_TRUE(world.add_service("web", 1).feed(kOutPipe, numbered_lines("web", 0, 10)));
  bool works = false;
  NetworkRouter router(world, [&](std::span<const SpoolEvent>) {
    return works ? Outcome{} : answer(Verdict::kRetry);
  });
  EXPECT_FALSE(router.run(20));
  EXPECT_EQ(world.ledger(), (NetworkWorld::Ledger{.received = 10, .buffered = 10}));
  EXPECT_EQ(router.report.health(), SinkHealth::kRetrying);
  EXPECT_GT(world.state().spool_bytes.load(), 0U);
  EXPECT_EQ(world.state().keeps_spool.load(), 1U);
  works = true;
  ASSERT_TRUE(router.run());
  EXPECT_EQ(world.ledger(), (NetworkWorld::Ledger{.received = 10, .delivered = 10}));
  EXPECT_EQ(router.report.health(), SinkHealth::kOk);
  EXPECT_EQ(world.state().keeps_spool.load(), 0U);
}

TEST(NetworkSinkTest, ARefusalParksAndReadsTheTokenAgain) {
  NetworkWorld world;
  ASSERT_TRUE(world.add_service("web", 1).feed(kOutPipe, "a\n"));
  NetworkRouter router(world, [](std::span<const SpoolEvent>) { return answer(Verdict::kPark); });
  EXPECT_FALSE(router.run(6));
  EXPECT_EQ(router.report.health(), SinkHealth::kParked);
  EXPECT_GE(router.destination->refreshes, 1);
  EXPECT_EQ(world.ledger().buffered, 1U);
}

TEST(NetworkSinkTest, RejectedLinesAreCountedToTheirRings) {
  NetworkWorld world;
  ASSERT_TRUE(world.add_service("web", 1).feed(kOutPipe, "good\nbad\n"));
  ASSERT_TRUE(world.add_service("db", 2).feed(kOutPipe, "bad\nfine\n"));
  NetworkRouter router(world, [](std::span<const SpoolEvent> events) {
    const bool bad =
        std::ranges::any_of(events, [](const SpoolEvent& event) { return event.text == "bad\n"; });
    return bad ? answer(Verdict::kReject) : Outcome{};
  });
  ASSERT_TRUE(router.run());
  EXPECT_THAT(world.accepted(), ElementsAre("good", "fine"));
  EXPECT_EQ(world.ledger(), (NetworkWorld::Ledger{.received = 4, .delivered = 2, .dropped = 2}));
  EXPECT_EQ(dropped_of(world, DropReason::kRejected), 2U);
  EXPECT_STREQ(world.state().last_error.data(), "cannot send: told to fail");
  EXPECT_EQ(router.report.health(), SinkHealth::kOk);
}

TEST(NetworkSinkTest, AnOutageThatOutlastsTheSpoolDropsTheOldest) {
  NetworkWorld world;
  world.config.network.spool->bytes = {256U << 10U};
  TestService& web = world.add_service("web", 1);
  bool works = false;
  NetworkRouter router(world, [&](std::span<const SpoolEvent>) {
    return works ? Outcome{} : answer(Verdict::kRetry);
  });
  constexpr int kLines = 20'000;
  for (int line = 0; line < kLines; line += 200) {
    ASSERT_TRUE(web.feed(kOutPipe, numbered_lines("a line of the outage, number", line, 200)));
    for (int round = 0; round < 20; ++round) {
      router.now_ns =
          std::max(router.now_ns + 1, std::min(router.round(), router.now_ns + 20'000'000));
    }
  }
  const std::uint64_t dropped = dropped_of(world, DropReason::kSpoolFull);
  EXPECT_GT(dropped, 1000U);
  EXPECT_EQ(world.ledger().received, static_cast<std::uint64_t>(kLines));
  works = true;
  ASSERT_TRUE(router.run(5000));
  EXPECT_EQ(world.ledger().buffered, 0U);
  EXPECT_EQ(world.accepted().size(), kLines - dropped_of(world, DropReason::kSpoolFull));
  EXPECT_EQ(world.accepted().back(), "a line of the outage, number 19999");
}

TEST(NetworkSinkTest, ABlockingSinkLeavesInTheRingsWhatItsSpoolCannotTake) {
  NetworkWorld world;
  world.config.when_full = logging::WhenFull::kBlock;
  world.config.network.spool->bytes = {64U << 10U};
  world.config.network.batch.bytes = {2000};
  TestService& web = world.add_service("web", 1);
  bool works = false;
  NetworkRouter router(world, [&](std::span<const SpoolEvent>) {
    return works ? Outcome{} : answer(Verdict::kRetry);
  });
  int fed = 0;
  for (int round = 0; round < 2000; ++round) {
    fed += web.feed(kOutPipe, numbered_lines("line", fed, 50)) ? 50 : 0;
    router.now_ns =
        std::max(router.now_ns + 1, std::min(router.round(), router.now_ns + 20'000'000));
  }
  EXPECT_EQ(router.report.health(), SinkHealth::kBlocked);
  works = true;
  ASSERT_TRUE(router.run(5000));
  EXPECT_EQ(world.accepted().size(), static_cast<std::size_t>(fed));
  EXPECT_EQ(world.ledger().dropped, 0U);
}

TEST(NetworkSinkTest, ThePreviousBootsSpoolIsDeliveredAndCounted) {
  NetworkWorld world;
  ASSERT_TRUE(world.add_service("web", 1).feed(kOutPipe, numbered_lines("old", 0, 5)));
  {
    NetworkRouter router(world,
                         [](std::span<const SpoolEvent>) { return answer(Verdict::kRetry); });
    EXPECT_FALSE(router.run(20));
  }
  world.services.clear();
  ASSERT_TRUE(world.add_service("web", 2).feed(kOutPipe, numbered_lines("new", 0, 3)));
  {
    NetworkRouter router(world,
                         [](std::span<const SpoolEvent>) { return answer(Verdict::kRetry); });
    EXPECT_FALSE(router.run(20));
    EXPECT_EQ(world.ledger(), (NetworkWorld::Ledger{.received = 8, .buffered = 8}));
  }
  NetworkRouter router(world);
  ASSERT_TRUE(router.run());
  EXPECT_EQ(world.accepted().size(), 8U);
  EXPECT_EQ(world.ledger(), (NetworkWorld::Ledger{.received = 8, .delivered = 8}));
}

TEST(NetworkSinkTest, WithoutARightToTheStateDirectoryTheSpoolIsInTheRuntimeDirectory) {
  NetworkWorld world;
  test_support::write_file(world.directory / "state", "a file, where a directory should be");
  ASSERT_TRUE(world.add_service("web", 1).feed(kOutPipe, "a\n"));
  NetworkRouter router(world);
  ASSERT_TRUE(router.run());
  EXPECT_THAT(world.accepted(), ElementsAre("a"));
  EXPECT_TRUE(std::filesystem::exists(world.directory / "run/spool/remote/state"));
  EXPECT_EQ(world.state().keeps_spool.load(), 0U);
}

TEST(NetworkSinkTest, EveryCallOfTheDiskMayFailAndNothingIsLost) {
  for (std::size_t call = 1;; ++call) {
    NetworkWorld world;
    TestService& web = world.add_service("web", 1);
    NetworkRouter router(world);
    router.files->set_fault({.call = call, .sys_errno = ENOSPC});
    for (int part = 0; part < 3; ++part) {
      ASSERT_TRUE(web.feed(kOutPipe, numbered_lines("web", part * 10, 10)));
      ASSERT_TRUE(router.run()) << call;
    }
    std::set<std::string> lines;
    for (const std::string& line : world.accepted()) {
      lines.insert(line);
    }
    ASSERT_EQ(lines.size(), 30U) << call;
    ASSERT_EQ(world.ledger(), (NetworkWorld::Ledger{.received = 30, .delivered = 30})) << call;
    if (router.files->failures() == 0) {
      break;
    }
  }
}

class DropAtEntryTest : public testing::Test {
 protected:
  void SetUp() override {
    world_.config.network.spool->bytes = base::ByteCount{128U << 10U};
    web_ = &world_.add_service("web", 1);
  }
  /// Nothing is accepted until further notice.
  NetworkRouter start() {
    return NetworkRouter(world_, [this](std::span<const SpoolEvent> /*events*/) {
      return answer(is_down_ ? Verdict::kRetry : Verdict::kAccepted);
    });
  }
  void fill(NetworkRouter& router, const std::string& word, int lines) {
    for (int line = 0; line < lines; line += 100) {
      ASSERT_TRUE(web_->feed(kOutPipe, numbered_lines(word, line, 100)));
      for (int round = 0; round < 40; ++round) {
        router.now_ns = std::max(router.now_ns + 1,
                                 std::min(router.round(), router.now_ns + 20 * base::kNsPerMs));
      }
    }
  }

  NetworkWorld world_;
  TestService* web_ = nullptr;
  bool is_down_ = true;
};

TEST_F(DropAtEntryTest, AFullSpoolTakesNoLineMoreAndTheNextOneTellsHowManyAreMissing) {
  world_.config.when_full = logging::WhenFull::kDropNewest;
  NetworkRouter router = start();
  fill(router, "INFO this is number", 8000);
  const std::uint64_t dropped = dropped_of(world_, DropReason::kQueueFull);
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(world_.ledger().buffered + dropped, 8000U);
  is_down_ = false;
  ASSERT_TRUE(router.run(5000));
  ASSERT_TRUE(web_->feed(kOutPipe, "after\n"));
  ASSERT_TRUE(router.run(5000));
  const auto accepted = world_.accepted();
  ASSERT_GE(accepted.size(), 3U);
  EXPECT_EQ(accepted[0], "INFO this is number 0");
  EXPECT_EQ(accepted.back(), "after");
  EXPECT_EQ(accepted[accepted.size() - 2],
            "birl: [warn] " + std::to_string(dropped) + " lines of web are missing here");
  EXPECT_EQ(accepted.size() - 1 + dropped, 8001U) << "a notice is no line";
  EXPECT_EQ(world_.ledger().delivered, 8001U - dropped);
}

TEST_F(DropAtEntryTest, ByLevelErrorsGetInWhenOthersDoNotAnyMore) {
  world_.config.when_full = logging::WhenFull::kDropByLevel;
  NetworkRouter router = start();
  fill(router, "DEBUG this is number", 6000);
  const std::uint64_t debug = dropped_of(world_, DropReason::kQueueFull);
  EXPECT_GT(debug, 0U);
  fill(router, "INFO this is number", 200);
  fill(router, "ERROR this is number", 200);
  EXPECT_EQ(dropped_of(world_, DropReason::kQueueFull), debug);
  is_down_ = false;
  ASSERT_TRUE(router.run(5000));
  EXPECT_EQ(world_.ledger().delivered, 6400U - debug);
}

}  // namespace
}  // namespace shippers
