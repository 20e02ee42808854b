// What is refused for good: kept, told, sent again, forgotten; and `birl spool` on a sink's own
// thread: shippers/network/spool_requests.cpp shippers/network/spool_report.cpp
// shippers/spool/spool_listing.cpp shippers/table_text.cpp.
#include "shippers/network/dead_letter_box.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "logging/router/dead_letters.h"
#include "shippers/network/spool_report.h"
#include "shippers/spool/spool_listing.h"
#include "shippers/table_text.h"
#include "tests/shippers/network_world.h"

namespace shippers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string read_pipe(int fd) {
  std::string all;
  std::array<char, 8192> buffer{};
  for (ssize_t count = 0; (count = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    all.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return all;
}

class DeadLetterTest : public testing::Test {
 protected:
  DeadLetterTest() : pipe_(*base::make_pipe(O_NONBLOCK)) {
    letters_.add("dead", std::move(pipe_.write), false);
    world_.config.network.dead_letter = "dead";
    world_.config.network.spool = logging::SpoolConfig{};
  }

  std::unique_ptr<NetworkRouter> start(FileDestination::Judge judge) {
    auto router = std::make_unique<NetworkRouter>(world_, std::move(judge), SIZE_MAX, &letters_);
    return router;
  }
  /// Events whose text is "bad" are refused, the others are taken.
  static Outcome refuse_bad(std::span<const SpoolEvent> events) {
    Outcome outcome;
    for (std::uint32_t index = 0; index < events.size(); ++index) {
      if (events[index].text.starts_with("bad")) {
        outcome.exceptions.push_back({index, Verdict::kReject});
        outcome.reason = "cannot send: it is bad";
      }
    }
    return outcome;
  }
  std::string manage(NetworkRouter& router, logging::SpoolAction action) {
    base::Pipe reply = *base::make_pipe();
    router.sink->manage_spool(action, std::move(reply.write));
    return read_pipe(reply.read.get());
  }
  std::vector<std::string> spools() { return {world_.directory / "state/spool/remote"}; }

  NetworkWorld world_;
  base::Pipe pipe_;
  logging::DeadLetters letters_;
};

TEST_F(DeadLetterTest, WhatIsRefusedIsToldWithItsReasonAndCountedOnce) {
  ASSERT_TRUE(world_.add_service("web", 1).feed(kOutPipe, "good\nbad 1\nfine\nbad 2\n"));
  const auto router = start(refuse_bad);
  ASSERT_TRUE(router->run());
  EXPECT_THAT(world_.accepted(), ElementsAre("good", "fine"));
  EXPECT_EQ(world_.ledger(), (NetworkWorld::Ledger{.received = 4, .delivered = 2, .dropped = 2}));
  const std::string told = read_pipe(pipe_.read.get());
  EXPECT_THAT(told,
              HasSubstr(R"("sink":"remote","reason":"cannot send: it is bad","event":"bad 1"})"));
  EXPECT_EQ(std::ranges::count(told, '\n'), 2);
  EXPECT_EQ(*show_spool(spools(), SpoolPart::kDead, SpoolOutput::kText),
            "[cannot send: it is bad] bad 1\n[cannot send: it is bad] bad 2\n");
}

TEST_F(DeadLetterTest, AReplayDeliversThemAndCountsNoLineTwice) {
  ASSERT_TRUE(world_.add_service("web", 1).feed(kOutPipe, "bad 1\nbad 2\n"));
  bool mended = false;
  const auto router = start(
      [&](std::span<const SpoolEvent> events) { return mended ? Outcome{} : refuse_bad(events); });
  ASSERT_TRUE(router->run());
  EXPECT_THAT(world_.accepted(), IsEmpty());
  mended = true;
  EXPECT_EQ(manage(*router, logging::SpoolAction::kReplay),
            "{\"sink\":\"remote\",\"replayed\":2}\n");
  ASSERT_TRUE(router->run());
  EXPECT_THAT(world_.accepted(), ElementsAre("bad 1", "bad 2"));
  EXPECT_EQ(world_.ledger(), (NetworkWorld::Ledger{.received = 2, .dropped = 2}))
      << "refused once is dropped, whatever comes of it later";
  EXPECT_EQ(*show_spool(spools(), SpoolPart::kDead, SpoolOutput::kText), "");
}

TEST_F(DeadLetterTest, ARepeatedRefusalIsALetterAgain) {
  ASSERT_TRUE(world_.add_service("web", 1).feed(kOutPipe, "bad\n"));
  const auto router = start(refuse_bad);
  ASSERT_TRUE(router->run());
  (void)manage(*router, logging::SpoolAction::kReplay);
  ASSERT_TRUE(router->run());
  EXPECT_EQ(std::ranges::count(read_pipe(pipe_.read.get()), '\n'), 2);
  EXPECT_EQ(*show_spool(spools(), SpoolPart::kDead, SpoolOutput::kText),
            "[cannot send: it is bad] bad\n");
  EXPECT_EQ(manage(*router, logging::SpoolAction::kDropDead),
            "{\"sink\":\"remote\",\"dropped_letters\":1}\n");
  EXPECT_EQ(*show_spool(spools(), SpoolPart::kDead, SpoolOutput::kText), "");
}

TEST_F(DeadLetterTest, ARecordWaitsUntilItsLettersAreTaken) {
  const std::string filler(1000, 'x');
  while (letters_.put("dead", filler)) {
  }
  ASSERT_TRUE(world_.add_service("web", 1).feed(kOutPipe, "bad\n"));
  const auto router = start(refuse_bad);
  EXPECT_FALSE(router->run(20));
  EXPECT_EQ(world_.ledger(), (NetworkWorld::Ledger{.received = 1, .buffered = 1}));
  (void)read_pipe(pipe_.read.get());
  ASSERT_TRUE(router->run());
  EXPECT_EQ(world_.ledger(), (NetworkWorld::Ledger{.received = 1, .dropped = 1}));
  EXPECT_THAT(read_pipe(pipe_.read.get()), HasSubstr("\"event\":\"bad\""));
}

TEST_F(DeadLetterTest, AtTheEndTheyStayInTheSpoolForTheNextStart) {
  TestService& web = world_.add_service("web", 1);
  {
    const auto router = start(refuse_bad);
    ASSERT_TRUE(router->run());
    router->sink->end_input();
    ASSERT_TRUE(web.feed(kOutPipe, "bad\n"));
    ASSERT_TRUE(router->run());
    EXPECT_EQ(world_.ledger().buffered, 1U);
    EXPECT_EQ(world_.state().keeps_spool.load(), 1U) << "the end does not wait for it";
  }
  const auto next = start(refuse_bad);
  ASSERT_TRUE(next->run());
  EXPECT_EQ(world_.ledger().dropped, 1U);
  EXPECT_THAT(read_pipe(pipe_.read.get()), HasSubstr("\"event\":\"bad\""));
}

TEST_F(DeadLetterTest, WhatWaitsCanBeListedShownAndDropped) {
  ASSERT_TRUE(world_.add_service("web", 1).feed(kOutPipe, "one\ntwo\n"));
  const auto router = start([](std::span<const SpoolEvent>) {
    return Outcome{.verdict = Verdict::kRetry, .exceptions = {}, .reason = "not now"};
  });
  EXPECT_FALSE(router->run(20));
  EXPECT_EQ(*show_spool(spools(), SpoolPart::kWaiting, SpoolOutput::kText), "one\ntwo\n");
  EXPECT_THAT(*list_spools({{"remote", spools()}, {"console", {}}}, SpoolOutput::kJson),
              HasSubstr(R"({"name":"remote","records":1,"events":2,"lines":2,)"));
  EXPECT_THAT(*list_spools({{"remote", {"/no/such"}}}, SpoolOutput::kText), HasSubstr("remote  0"));
  EXPECT_GT(world_.state().retries.load(), 0U);
  EXPECT_NE(world_.state().oldest_spool_ns.load(), 0U);
  EXPECT_EQ(manage(*router, logging::SpoolAction::kDrop),
            "{\"sink\":\"remote\",\"dropped_lines\":2}\n");
  ASSERT_TRUE(router->run());
  EXPECT_EQ(world_.ledger(), (NetworkWorld::Ledger{.received = 2, .dropped = 2}));
  EXPECT_EQ(world_.state().oldest_spool_ns.load(), 0U);
}

TEST_F(DeadLetterTest, TheOldestLettersGoWhenThereAreTooMany) {
  test_support::TemporaryDirectory directory;
  base::RealFileSystem files;
  auto box = *DeadLetterBox::open(
      {.sink = "s", .target = "nobody", .directory = directory / "spool", .bytes_max = 200U << 10U},
      files, letters_);
  const std::string text(10'000, 'x');
  for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
    const SpoolEvent event{.key = {}, .text = text};
    EXPECT_TRUE(*box->bury(sequence, std::span(&event, 1), "why", 5));
  }
  const SpoolListing listing = *list_spool(files, directory / "spool/dead");
  EXPECT_GT(listing.records.size(), 5U);
  EXPECT_LT(listing.records.size(), 25U);
  EXPECT_EQ(listing.records.back().sequence, 100U);
  EXPECT_EQ(listing.records.back().time_ns, 5U);
}

TEST(TableTextTest, ColumnsAreAsWideAsTheirWords) {
  EXPECT_EQ(table_text({{"A", "LONG"}, {"wide one", "x"}}), "A         LONG\nwide one  x\n");
}

}  // namespace
}  // namespace shippers
