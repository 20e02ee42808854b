#include "bench/line_ledger.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "bench/numbered_line.h"

namespace bench {
namespace {

std::string line(std::uint64_t sequence, std::string_view stream = "out") {
  std::string text;
  append_line(text, {"gen", stream, sequence, "some payload"});
  text.pop_back();
  return text;
}

void add_all(LineLedger& ledger, std::initializer_list<std::uint64_t> sequences) {
  for (const std::uint64_t sequence : sequences) {
    ledger.add(line(sequence));
  }
}

StreamCounts counts_of(const LineLedger& ledger) {
  return ledger.counts().at({"gen", "out"});
}

TEST(LineLedgerTest, LinesInOrderAreClean) {
  LineLedger ledger(Beginning::kMustBeThere);
  add_all(ledger, {1, 2, 3});
  EXPECT_EQ(counts_of(ledger).lines, 3U);
  EXPECT_TRUE(counts_of(ledger).clean());
}

TEST(LineLedgerTest, ALineInTheMiddleOrAtTheStartIsMissed) {
  LineLedger ledger(Beginning::kMustBeThere);
  add_all(ledger, {2, 3, 5});
  EXPECT_EQ(counts_of(ledger).lost, 2U);
  EXPECT_EQ(counts_of(ledger).duplicated, 0U);
}

TEST(LineLedgerTest, ThePrunedBeginningIsNoLoss) {
  LineLedger ledger(Beginning::kMayBeGone);
  ledger.expect({"gen", "out"}, 103);
  add_all(ledger, {100, 101, 103});
  EXPECT_EQ(counts_of(ledger).lost, 1U);
}

TEST(LineLedgerTest, ADoubledLineIsCountedOnceAndIsNotOutOfOrder) {
  LineLedger ledger(Beginning::kMustBeThere);
  add_all(ledger, {1, 2, 1, 3, 3});
  EXPECT_EQ(counts_of(ledger).lines, 5U);
  EXPECT_EQ(counts_of(ledger).duplicated, 2U);
  EXPECT_EQ(counts_of(ledger).reordered, 0U);
  EXPECT_EQ(counts_of(ledger).lost, 0U);
}

TEST(LineLedgerTest, ALateLineIsReorderedNotLost) {
  LineLedger ledger(Beginning::kMustBeThere);
  add_all(ledger, {1, 3, 2, 4});
  EXPECT_EQ(counts_of(ledger).reordered, 1U);
  EXPECT_EQ(counts_of(ledger).lost, 0U);
}

TEST(LineLedgerTest, ExpectationsFindTheLostTailAndTheSurplus) {
  LineLedger ledger(Beginning::kMustBeThere);
  ledger.expect({"gen", "out"}, 5);
  ledger.expect({"never", "err"}, 2);
  add_all(ledger, {1, 2, 3, 7});
  EXPECT_EQ(counts_of(ledger).lost, 2U);
  EXPECT_EQ(counts_of(ledger).surplus, 1U);
  EXPECT_EQ(ledger.counts().at({"never", "err"}).lost, 2U);
}

TEST(LineLedgerTest, StreamsAreBookedApart) {
  LineLedger ledger(Beginning::kMustBeThere);
  ledger.add(line(1, "out"));
  ledger.add(line(1, "err"));
  ledger.add(line(2, "err"));
  EXPECT_EQ(ledger.counts().at({"gen", "err"}).lines, 2U);
  EXPECT_TRUE(ledger.counts().at({"gen", "err"}).clean());
}

TEST(LineLedgerTest, ADamagedLineIsCountedAndShownAndItsNumberIsMissed) {
  LineLedger ledger(Beginning::kMustBeThere);
  std::string damaged = line(2);
  damaged.back() = '#';
  ledger.add(line(1));
  ledger.add(damaged);
  ledger.add(line(3));
  EXPECT_EQ(counts_of(ledger).damaged, 1U);
  EXPECT_EQ(counts_of(ledger).lost, 1U);
  EXPECT_EQ(ledger.samples(), std::vector<std::string>{damaged});
}

TEST(LineLedgerTest, ALineThatIsNotOursIsForeign) {
  LineLedger ledger(Beginning::kMustBeThere);
  ledger.add("hello");
  ledger.add(line(0));
  EXPECT_EQ(ledger.foreign(), 2U);
  EXPECT_TRUE(ledger.counts().empty());
}

}  // namespace
}  // namespace bench
