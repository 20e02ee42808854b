// Output that is not neat lines: single bytes, packets, halves, very long lines, binary.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <random>

#include "tests/support/paths.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

/// A primary whose stdout goes to one rotated file.
std::string logging_primary(const std::string& command) {
  return R"(
[sink.files]
type = "file"
path = "@DIR@/log/current"
rotate = {size = "1MiB", keep = 1000}
[service.app]
primary = true
log = ["files"]
)" + ("command = " + command + "\n");
}

/// What comes out of the files when a service writes `bytes`, `step` at a time.
std::string through_birl(const std::string& bytes, std::size_t step) {
  const TempDirectory input;
  write_text(input / "bytes", bytes);
  Instance birl({.config = logging_primary("[\"@ACTOR@\", \"copy\", \"" + (input / "bytes") +
                                           "\", \"" + std::to_string(step) + "\"]")});
  EXPECT_EQ(birl.wait_exit(), 0);
  return read_log(birl.directory() / "log/current");
}

/// Compared without gtest printing megabytes.
void expect_same_bytes(const std::string& got, const std::string& wanted) {
  const auto different = std::mismatch(got.begin(), got.end(), wanted.begin(), wanted.end());
  EXPECT_TRUE(got == wanted) << got.size() << " bytes instead of " << wanted.size()
                             << ", different from byte " << different.first - got.begin();
}

std::string random_bytes(std::size_t count) {
  std::minstd_rand random(7);
  std::uniform_int_distribution<int> value(0, 255);
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    bytes.push_back(static_cast<char>(value(random)));
  }
  bytes.back() = '\n';
  return bytes;
}

TEST(OddOutputTest, SingleBytesBecomeWholeLines) {
  Instance birl({.config = logging_primary(
                     R"(["@LOGGEN@", "--lines", "3000", "--stream", "both", "--byte-writes"])")});
  EXPECT_EQ(birl.wait_exit(), 0);
  expect_lines(birl, {"@DIR@/log", "--expect", "gen:out:3000", "--expect", "gen:err:3000"});
}

TEST(OddOutputTest, AWriteForEachLineIsKept) {
  Instance birl({.config = logging_primary(
                     R"(["@LOGGEN@", "--lines", "30000", "--stream", "both", "--line-writes"])")});
  EXPECT_EQ(birl.wait_exit(), 0);
  expect_lines(birl, {"@DIR@/log", "--expect", "gen:out:30000", "--expect", "gen:err:30000"});
}

TEST(OddOutputTest, PacketModeOfAPipeChangesNothing) {
  Instance birl({.config = logging_primary(
                     R"(["@LOGGEN@", "--lines", "30000", "--packet", "--batch", "10000"])")});
  EXPECT_EQ(birl.wait_exit(), 0);
  expect_lines(birl, {"@DIR@/log", "--expect", "gen:out:30000"});
}

TEST(OddOutputTest, TheHalfLineOfADyingServiceIsKept) {
  Instance birl({.config = logging_primary(
                     R"(["@LOGGEN@", "--lines", "1000", "--stream", "both", "--die-mid-line"])")});
  EXPECT_EQ(birl.wait_exit(), 128 + SIGKILL);
  expect_lines(
      birl, {"@DIR@/log", "--expect", "gen:out:1000", "--expect", "gen:err:1000", "--halves", "2"});
}

TEST(OddOutputTest, AHalfLineIsNotGluedToTheNextIncarnation) {
  Instance birl({.config = R"(
[sink.files]
type = "file"
path = "@DIR@/log/current"
[service.app]
restart_limit = {count = 2, within = "10m", then = "shutdown"}
backoff = {initial = "1ms", max = "1ms"}
log = ["files"]
command = "printf 'whole\nhalf'; kill -9 $$"
)"});
  EXPECT_EQ(birl.wait_exit(), 128 + SIGKILL);
  EXPECT_EQ(lines_of(read_log(birl.directory() / "log/current")),
            (std::vector<std::string>{"whole", "half", "whole", "half", "whole", "half"}));
}

TEST(OddOutputTest, LinesAroundThePieceSizeAreRejoined) {
  std::string bytes;
  for (const std::size_t length :
       {65'534U, 65'535U, 65'536U, 65'537U, 131'071U, 131'072U, 1U, 0U}) {
    bytes += std::string(length, static_cast<char>('a' + length % 26)) + "\n";
  }
  expect_same_bytes(through_birl(bytes, 10'007), bytes);
}

TEST(OddOutputTest, AMegabyteInOneLineIsRejoined) {
  const std::string bytes = "before\n" + std::string(1'000'000, 'x') + "\nafter\n";
  expect_same_bytes(through_birl(bytes, bytes.size()), bytes);
}

TEST(OddOutputTest, ALineLongerThanAFileAndTheRingIsKept) {
  const std::string bytes = "before\n" + std::string(5'000'000, 'y') + "\nafter\n";
  expect_same_bytes(through_birl(bytes, 65'536), bytes);
}

TEST(OddOutputTest, AVeryLongLastLineWithoutANewlineIsKept) {
  const std::string bytes = "before\n" + std::string(200'000, 'z');
  std::string got = through_birl(bytes, 4096);
  if (got.ends_with('\n')) {
    got.pop_back();
  }
  expect_same_bytes(got, bytes);
}

TEST(OddOutputTest, NulBytesAndInvalidUtf8AreUntouched) {
  const std::string bytes = random_bytes(3'000'000);
  expect_same_bytes(through_birl(bytes, 777), bytes);
}

TEST(OddOutputTest, EmptyLinesAreLines) {
  const std::string bytes(10'000, '\n');
  expect_same_bytes(through_birl(bytes, 3), bytes);
}

TEST(OddOutputTest, ALingeringDescendantKeepsLogging) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[sink.files]
type = "file"
path = "@DIR@/log/current"
[service.forker]
type = "oneshot"
log = ["files"]
command = "(until test -e @DIR@/go; do sleep 0.01; done; echo from the descendant) & echo from the parent"
)"});
  ASSERT_TRUE(birl.wait_state("forker", "done"));
  const std::string file = birl.directory() / "log/current";
  ASSERT_TRUE(eventually([&] { return read_text(file) == "from the parent\n"; }));
  write_text(birl.directory() / "go", "");
  EXPECT_TRUE(
      eventually([&] { return read_text(file) == "from the parent\nfrom the descendant\n"; }));
}

}  // namespace
}  // namespace support
