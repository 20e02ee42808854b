#include "logging/inputs/line_watch.h"

#include <gtest/gtest.h>

#include "tests/logging/test_ring.h"

namespace logging {
namespace {

LineWatch watch_for(const std::string& pattern, std::uint16_t incarnation = 1) {
  std::vector<Regex> regexes;
  regexes.push_back(std::move(*Regex::make(pattern)));
  return LineWatch(incarnation, std::move(regexes));
}

TEST(LineWatchTest, FindsALineOfEitherStreamOnce) {
  TestRing ring;
  LineWatch watch = watch_for("listening on port \\d+$");
  EXPECT_FALSE(watch.look(*ring.map));
  ring.feed(0, "starting\nlistening on port none\n");
  EXPECT_FALSE(watch.look(*ring.map));
  ring.feed(1, "one\nlistening on port 80\ntwo\n");
  EXPECT_TRUE(watch.look(*ring.map));
  EXPECT_FALSE(watch.look(*ring.map)) << "it was seen";
}

TEST(LineWatchTest, FindsALineThatIsThereAlready) {
  TestRing ring;
  ring.feed(0, "ready\n");
  ring.reopen();
  EXPECT_TRUE(watch_for("^ready$").look(*ring.map));
}

TEST(LineWatchTest, LooksAtOneRunOnly) {
  TestRing ring;
  ring.feed(0, "ready\n");
  LineWatch watch = watch_for("ready", 2);
  EXPECT_FALSE(watch.look(*ring.map));
  ring.writer->label_pipe(2, Stream::kStdout, 2);
  ring.feed(0, "ready\n");
  EXPECT_FALSE(watch.look(*ring.map)) << "of a descendant that lingers";
  ring.feed(2, "ready\n");
  EXPECT_TRUE(watch.look(*ring.map));
}

TEST(LineWatchTest, ALineCountsWhenItIsEnded) {
  TestRing ring;
  LineWatch watch = watch_for("ready");
  ring.feed(0, "rea");
  EXPECT_FALSE(watch.look(*ring.map));
  ring.feed(0, "dy");
  EXPECT_FALSE(watch.look(*ring.map));
  ring.feed(0, "\n");
  EXPECT_TRUE(watch.look(*ring.map));
}

TEST(LineWatchTest, AnchorsAreThoseOfALine) {
  TestRing ring;
  ring.feed(0, "not ready\nready or not\n");
  EXPECT_FALSE(watch_for("^ready$").look(*ring.map));
  ring.feed(0, "\n\nready\n");
  EXPECT_TRUE(watch_for("^ready$").look(*ring.map));
}

TEST(LineWatchTest, GoesOnAtTheTailWhenTheRingHasGoneRound) {
  TestRing ring;
  LineWatch watch = watch_for("ready");
  const std::string line(1'000, 'x');
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(ring.feed(0, line + "\n"));
  }
  EXPECT_FALSE(watch.look(*ring.map));
  ring.feed(0, "ready\n");
  EXPECT_TRUE(watch.look(*ring.map));
}

}  // namespace
}  // namespace logging
