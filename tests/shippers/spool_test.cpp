// The spool by itself: order, bounds, recovery, torn and damaged segments, failing disks.
#include "shippers/spool/spool.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "shippers/spool/segment_reader.h"
#include "shippers/spool/spool_record.h"
#include "shippers/spool/spool_state.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/temporary_directory.h"

namespace shippers {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kRing = 9;

RingRange range_of(std::uint64_t from_line, std::uint64_t lines, std::uint64_t ring_id = kRing) {
  RingRange range;
  range.ring_id = ring_id;
  range.from = {.frame = from_line * 8, .line = from_line};
  range.to = {.frame = (from_line + lines) * 8, .line = from_line + lines};
  range.lines = lines;
  return range;
}

struct World {
  std::unique_ptr<Spool> open(std::uint64_t bytes_max = 1U << 20U,
                              const std::map<std::uint64_t, Spool::RingMark>& marks = {}) {
    auto spool = Spool::open({.directory = directory.path(), .bytes_max = bytes_max}, files, marks);
    EXPECT_TRUE(spool) << spool.error().message;
    return spool ? std::move(*spool) : nullptr;
  }
  [[nodiscard]] std::string segment(std::uint64_t first) const {
    return directory / fmt::format("{:016x}.spool", first);
  }

  test_support::TemporaryDirectory directory;
  test_support::FaultyFileSystem files;
};

void add(Spool& spool, std::uint64_t line, const std::string& payload) {
  const auto sequence = spool.append({range_of(line, 1)}, 1, payload);
  ASSERT_TRUE(sequence) << sequence.error().message;
}

std::vector<std::string> read_all(Spool& spool) {
  std::vector<std::string> payloads;
  for (;;) {
    const auto record = spool.read_next();
    EXPECT_TRUE(record) << record.error().message;
    if (!record || !*record) {
      return payloads;
    }
    payloads.push_back((*record)->payload);
  }
}

TEST(SpoolRecordTest, ARecordIsWhatItWas) {
  SpoolRecord record{.sequence = 5, .events = 2, .ranges = {range_of(3, 4)}, .payload = "abc"};
  record.ranges[0].dropped[2] = 7;
  EXPECT_EQ(decode_record(encode_record(record)), record);
}

TEST(SpoolRecordTest, NoChangedByteIsTakenForARecord) {
  const std::string good =
      encode_record({.sequence = 5, .events = 2, .ranges = {range_of(3, 4)}, .payload = "abc"});
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_EQ(decode_record(bad), std::nullopt) << at;
    EXPECT_EQ(decode_record(std::string_view(good).substr(0, at)), std::nullopt) << at;
  }
}

TEST(SpoolRecordTest, EventsAreWhatTheyWere) {
  std::string payload;
  append_event(payload, {.key = "k", .text = "first\n", .lines = 1, .range = 0});
  append_event(payload, {.key = "", .text = "", .lines = 3, .range = 2});
  const auto events = split_events(payload);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0], (SpoolEvent{.key = "k", .text = "first\n", .lines = 1, .range = 0}));
  EXPECT_EQ(events[1], (SpoolEvent{.key = "", .text = "", .lines = 3, .range = 2}));
}

TEST(SpoolTest, BatchesComeInTheirOrderAndOnce) {
  World world;
  auto spool = world.open();
  add(*spool, 0, "a");
  add(*spool, 1, "b");
  EXPECT_THAT(read_all(*spool), ElementsAre("a", "b"));
  add(*spool, 2, "c");
  EXPECT_FALSE(spool->is_read());
  EXPECT_THAT(read_all(*spool), ElementsAre("c"));
  EXPECT_TRUE(spool->is_read());
}

TEST(SpoolTest, TheNextRouterFindsWhatIsNotDone) {
  World world;
  {
    auto spool = world.open();
    add(*spool, 0, "a");
    add(*spool, 1, "b");
    add(*spool, 2, "c");
    ASSERT_TRUE(spool->done_to(1));
  }
  auto spool = world.open();
  EXPECT_EQ(spool->next_sequence(), 4U);
  EXPECT_THAT(read_all(*spool), ElementsAre("b", "c"));
  EXPECT_EQ(spool->holdings().at(kRing).lines, 2U);
  EXPECT_EQ(spool->holdings().at(kRing).to, range_of(2, 1).to);
}

TEST(SpoolTest, LinesThatTheRingHasSettledAreNotHeldTwice) {
  World world;
  {
    auto spool = world.open();
    add(*spool, 0, "a");
    add(*spool, 1, "b");
    add(*spool, 2, "c");
  }
  // Killed between the ring's store and the state's: two are settled, and the third's cursor moved.
  auto spool =
      world.open(1U << 20U, {{kRing, {.cursor = range_of(2, 1).to, .settled_sequence = 2}}});
  EXPECT_EQ(spool->holdings().at(kRing).lines, 1U);
  EXPECT_THAT(read_all(*spool), ElementsAre("a", "b", "c"));
}

TEST(SpoolTest, WhatWasDroppedOnTheWayIsKnownUntilTheCursorHasPassedIt) {
  World world;
  {
    auto spool = world.open();
    RingRange range = range_of(0, 5);
    range.lines = 3;
    range.dropped[0] = 2;
    ASSERT_TRUE(spool->append({range}, 1, "a"));
  }
  const Spool::RingMark before{.cursor = range_of(0, 5).from};
  const Spool::RingMark behind{.cursor = range_of(0, 5).to};
  EXPECT_EQ(world.open(1U << 20U, {{kRing, before}})->holdings().at(kRing).dropped[0], 2U);
  EXPECT_EQ(world.open(1U << 20U, {{kRing, behind}})->holdings().at(kRing).dropped[0], 0U);
}

TEST(SpoolTest, TornAtEveryByteItKeepsTheWholeBatchesAndGoesOn) {
  World world;
  std::vector<std::uint64_t> ends;
  {
    auto spool = world.open();
    for (int index = 0; index < 3; ++index) {
      add(*spool, static_cast<std::uint64_t>(index), "payload " + std::to_string(index));
      ends.push_back(spool->bytes());
    }
  }
  const std::string whole = test_support::read_file(world.segment(1));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    test_support::write_file(world.segment(1), whole.substr(0, size));
    std::vector<std::string> expected;
    for (std::size_t index = 0; index < ends.size() && ends[index] <= size; ++index) {
      expected.push_back("payload " + std::to_string(index));
    }
    auto spool = world.open();
    add(*spool, 10, "new");
    expected.emplace_back("new");
    ASSERT_EQ(read_all(*spool), expected) << size;
    spool.reset();
    ASSERT_EQ(read_all(*world.open()), expected) << size;
  }
}

TEST(SpoolTest, DamageAtEveryByteCostsOneBatch) {
  World world;
  {
    auto spool = world.open();
    add(*spool, 0, "first");
    add(*spool, 1, "second");
    add(*spool, 2, "third");
  }
  const std::string whole = test_support::read_file(world.segment(1));
  const std::size_t record = whole.size() / 3;
  for (std::size_t at = record; at < 2 * record; ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0xff);
    test_support::write_file(world.segment(1), bad);
    auto spool = world.open();
    EXPECT_THAT(read_all(*spool), ElementsAre("first", "third")) << at;
    EXPECT_TRUE(spool->is_read());
  }
}

TEST(SpoolTest, SegmentsThatAreDoneAreDeleted) {
  World world;
  auto spool = world.open();
  const std::string payload(SpoolLimits::kSegmentBytesMin, 'x');
  for (std::uint64_t line = 0; line < 6; ++line) {
    add(*spool, line, payload);
  }
  const std::uint64_t full = spool->bytes();
  EXPECT_GT(std::distance(std::filesystem::directory_iterator(world.directory.path()), {}), 3);
  ASSERT_TRUE(spool->done_to(6));
  EXPECT_LT(spool->bytes(), full / 3);
  EXPECT_TRUE(spool->is_empty());
  add(*spool, 6, "y");
  EXPECT_THAT(read_all(*spool), ElementsAre("y"));
}

TEST(SpoolTest, AFullSpoolSaysSoAndCanGiveUpItsOldestSegment) {
  World world;
  auto spool = world.open(256U << 10U);
  const std::string payload(SpoolLimits::kSegmentBytesMin / 2, 'x');
  std::uint64_t line = 0;
  while (spool->has_room(payload.size())) {
    add(*spool, line++, payload);
  }
  EXPECT_LE(spool->bytes(), 256U << 10U);
  const auto oldest = spool->list_oldest();
  ASSERT_TRUE(oldest);
  ASSERT_GE(oldest->size(), 2U);
  EXPECT_EQ(oldest->front().sequence, 1U);
  EXPECT_EQ(oldest->front().ranges[0].lines, 1U);
  ASSERT_TRUE(spool->done_to(oldest->back().sequence));
  EXPECT_TRUE(spool->has_room(payload.size()));
  EXPECT_EQ(read_all(*spool).size(), line - oldest->size());
}

TEST(SpoolTest, OpeningReadsTwoSegmentsHoweverManyThereAre) {
  const auto calls = [](std::uint64_t batches) {
    World world;
    {
      auto spool = world.open(64U << 20U);
      const std::string payload(1U << 16U, 'x');
      for (std::uint64_t line = 0; line < batches; ++line) {
        add(*spool, line, payload);
      }
    }
    world.files.set_fault({});
    auto spool = world.open(64U << 20U);
    EXPECT_EQ(spool->holdings().at(kRing).lines, batches);
    return world.files.calls() / (1 + batches / 64);
  };
  EXPECT_LT(calls(640), 2 * calls(128));
}

TEST(SpoolTest, AFullDiskLeavesNothingBehind) {
  World world;
  auto spool = world.open();
  add(*spool, 0, "a");
  const std::uint64_t before = spool->bytes();
  world.files.set_append_bytes_max(20);
  world.files.set_fault({.call = 4, .sys_errno = ENOSPC});
  const auto failed = spool->append({range_of(1, 1)}, 1, "lost");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().sys_errno, ENOSPC);
  EXPECT_EQ(spool->bytes(), before);
  EXPECT_EQ(std::filesystem::file_size(world.segment(1)), before);
  world.files.repair();
  add(*spool, 1, "b");
  EXPECT_THAT(read_all(*spool), ElementsAre("a", "b"));
}

TEST(SpoolTest, EveryCallMayFailOnceAndNothingIsForgotten) {
  for (std::size_t call = 1;; ++call) {
    World world;
    auto spool = world.open(1U << 20U);
    world.files.set_fault({.call = call, .sys_errno = EIO});
    std::vector<std::string> expected;
    for (std::uint64_t line = 0; line < 5; ++line) {
      const std::string payload(40'000, static_cast<char>('a' + line));
      auto appended = spool->append({range_of(line, 1)}, 1, payload);
      if (!appended) {
        appended = spool->append({range_of(line, 1)}, 1, payload);
      }
      ASSERT_TRUE(appended) << call;
      expected.push_back(payload);
    }
    const bool failed = world.files.failures() > 0;
    world.files.repair();
    ASSERT_EQ(read_all(*spool), expected) << call;
    spool.reset();
    ASSERT_EQ(read_all(*world.open()), expected) << call;
    if (!failed) {
      break;
    }
  }
}

TEST(SpoolTest, TwoRoutersCannotShareASpool) {
  World world;
  auto first = world.open();
  const auto second =
      Spool::open({.directory = world.directory.path(), .bytes_max = 1U << 20U}, world.files, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kExists);
}

TEST(SpoolStateTest, ATornSlotLeavesTheOther) {
  const test_support::TemporaryDirectory directory;
  base::RealFileSystem files;
  const std::string path = directory / "state";
  for (const std::uint64_t done : {5U, 6U, 7U}) {
    auto state = SpoolState::open(files, path);
    ASSERT_TRUE(state->write(files, done));
  }
  std::string bytes = test_support::read_file(path);
  bytes[512 + 16] = 'X';  // generation 3 is in slot 1
  test_support::write_file(path, bytes);
  EXPECT_EQ(SpoolState::open(files, path)->done_sequence(), 6U);
  bytes[16] = 'X';
  test_support::write_file(path, bytes);
  EXPECT_EQ(SpoolState::open(files, path)->done_sequence(), 0U);
}

}  // namespace
}  // namespace shippers
