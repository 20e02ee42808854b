// What a full sink does to lines, seen from outside: one that hangs (a FIFO that nobody reads, a
// server that never answers) stalls itself alone, drops what its when_full says, counts each line
// and says in the stream where they are missing. Covers logging/router/sink_queue.h.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <map>
#include <set>

#include "tests/support/fake_http.h"
#include "tests/support/instance.h"
#include "tests/support/require.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

constexpr std::uint64_t kLines = 30'000;

/// Lines that are numbered and have a level each: 1 of 10 an error, 2 warnings, 3 without any.
constexpr std::string_view kTalker = R"(
[service.talker]
type = "oneshot"
command = ["awk", '''BEGIN {
  split("DEBUG INFO WARN ERROR plain DEBUG plain WARN INFO plain", level, " ")
  for (i = 1; i <= 30000; i++) {
    printf "%s %d xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", level[i % 10 + 1], i
  }
}''']
)";

/// A FIFO whose reader is there and does not read until it is told to.
class StuckReader {
 public:
  explicit StuckReader(const std::string& path) {
    require(::mkfifo(path.c_str(), 0600) == 0, "mkfifo");
    fd_ = base::Fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    require(fd_.valid(), "open the FIFO");
  }

  /// Everything that is there now.
  void read_some(std::string& text) const {
    std::array<char, 65'536> buffer{};
    for (;;) {
      const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
      if (count <= 0) {
        return;
      }
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  base::Fd fd_;
};

struct Arrived {
  std::map<std::string, std::set<std::uint64_t>> numbers;  // by level
  std::uint64_t lines = 0;
  std::uint64_t doubled = 0;
  std::uint64_t told = 0;  // lines that notices speak of
  std::uint64_t notices = 0;
  bool in_order = true;
};

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Also that a notice stands where lines are missing, and nowhere else.
Arrived judge(const std::vector<std::string>& lines) {
  constexpr std::string_view kNotice = "birl: [warn] ";
  Arrived arrived;
  std::uint64_t last = 0;
  for (const std::string& line : lines) {
    if (line.starts_with(kNotice)) {
      arrived.told += number_in(std::string_view(line).substr(kNotice.size()));
      ++arrived.notices;
      continue;
    }
    const std::size_t space = line.find(' ');
    const std::uint64_t number = number_in(std::string_view(line).substr(space + 1));
    arrived.doubled += arrived.numbers[line.substr(0, space)].insert(number).second ? 0U : 1U;
    arrived.in_order = arrived.in_order && number > last;
    last = number;
    ++arrived.lines;
  }
  return arrived;
}

std::uint64_t dropped_of(const Json& sink, const std::string& reason) {
  return sink["dropped"].contains(reason) ? sink["dropped"][reason].get<std::uint64_t>() : 0;
}

class StuckFileTest : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Policies, StuckFileTest, testing::Values("drop-newest", "drop-by-level"));

TEST_P(StuckFileTest, DropsOnlyItsOwnLinesAndSaysHowManyWhereTheyAreMissing) {
  const TempDirectory place;
  const StuckReader reader(place / "fifo");
  Instance birl({.config = std::string(kTalker) + R"(
log = ["stuck", "other"]
ring = {size = "256KiB"}
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[sink.other]
type = "file"
path = "@DIR@/other"
[sink.stuck]
type = "file"
path = ")" + place.path() + "/fifo\"\nwhen_full = \"" +
                           GetParam() + "\"\n"});
  // While the one hangs the other gets every line, and the service comes to its end.
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "other", kLines); }));
  EXPECT_EQ(birl.state("talker"), "done");
  const auto seen = [&](const Json& sink) {
    return sink.is_object() && sink["received"] == kLines && dropped_of(sink, "queue_full") > 0;
  };
  ASSERT_TRUE(eventually([&] { return seen(birl.sink("stuck")); }));
  expect_exact_ledger(birl);
  EXPECT_EQ(judge(lines_of(read_text(birl.directory() / "other"))).notices, 0U);

  std::string text;
  ASSERT_TRUE(eventually([&] {
    reader.read_some(text);
    return has_delivered(birl, "stuck", kLines);
  }));
  ASSERT_TRUE(eventually([&] {
    reader.read_some(text);
    return judge(lines_of(text)).told == dropped_of(birl.sink("stuck"), "queue_full");
  }));
  const Arrived arrived = judge(lines_of(text));
  const Json sink = birl.sink("stuck");
  EXPECT_EQ(arrived.lines, sink["delivered"]);
  EXPECT_EQ(arrived.lines + dropped_of(sink, "queue_full"), kLines);
  EXPECT_EQ(arrived.doubled, 0U);
  EXPECT_TRUE(arrived.in_order);
  expect_exact_ledger(birl);
}

/// Three quarters of the queue are not for debug lines, and its last eighth is for errors alone.
TEST(WhenFullTest, ByLevelErrorsArriveThatTheNewestWouldHaveLost) {
  const TempDirectory place;
  const StuckReader reader(place / "fifo");
  Instance birl({.config = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.talker]
type = "oneshot"
log = ["stuck"]
ring = {size = "256KiB"}
command = ["awk", '''BEGIN {
  for (i = 1; i <= 20000; i++) printf "DEBUG %d xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", i
  for (i = 20001; i <= 20200; i++) printf "ERROR %d xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", i
}''']
[sink.stuck]
type = "file"
when_full = "drop-by-level"
path = ")" + place.path() + "/fifo\"\n"});
  const auto all_in = [&](const Json& sink) {
    return sink.is_object() && sink["received"] == 20'200 && dropped_of(sink, "queue_full") > 0;
  };
  ASSERT_TRUE(eventually([&] { return all_in(birl.sink("stuck")); }));
  std::string text;
  ASSERT_TRUE(eventually([&] {
    reader.read_some(text);
    return has_delivered(birl, "stuck", 20'200);
  }));
  ASSERT_TRUE(eventually([&] {
    reader.read_some(text);
    return judge(lines_of(text)).lines == birl.sink("stuck")["delivered"];
  }));
  Arrived arrived = judge(lines_of(text));
  EXPECT_EQ(arrived.numbers["ERROR"].size(), 200U);
  EXPECT_LT(arrived.numbers["DEBUG"].size(), 20'000U);
  expect_exact_ledger(birl);
}

/// A killed router takes nothing of the queue along.
TEST(WhenFullTest, TheQueueOutlivesTheRouter) {
  const TempDirectory place;
  const StuckReader reader(place / "fifo");
  Instance birl({.config = std::string(kTalker) + R"(
log = ["stuck"]
ring = {size = "256KiB"}
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[sink.stuck]
type = "file"
when_full = "drop-newest"
path = ")" + place.path() + "/fifo\"\n"});
  const auto all_in = [&](const Json& sink) {
    return sink.is_object() && sink["received"] == kLines && dropped_of(sink, "queue_full") > 0;
  };
  ASSERT_TRUE(eventually([&] { return all_in(birl.sink("stuck")); }));
  const std::uint64_t dropped = dropped_of(birl.sink("stuck"), "queue_full");
  for (int death = 0; death < 3; ++death) {
    const auto router = birl.router_pid();
    ASSERT_TRUE(router);
    ASSERT_EQ(::kill(*router, SIGKILL), 0);
    ASSERT_TRUE(eventually([&] {
      const auto next = birl.router_pid();
      return next && *next != *router && birl.sink("stuck").is_object();
    }));
  }
  std::string text;
  ASSERT_TRUE(eventually([&] {
    reader.read_some(text);
    return has_delivered(birl, "stuck", kLines);
  }));
  ASSERT_TRUE(eventually([&] {
    reader.read_some(text);
    return judge(lines_of(text)).told >= dropped;
  }));
  const Json sink = birl.sink("stuck");
  EXPECT_EQ(dropped_of(sink, "queue_full"), dropped);
  EXPECT_EQ(dropped_of(sink, "lapped") + dropped_of(sink, "spool_damaged"), 0U);
  const Arrived arrived = judge(lines_of(text));
  // A FIFO has no place that could be looked at: the run that a kill cuts off comes again.
  std::set<std::uint64_t> distinct;
  for (const auto& [level, numbers] : arrived.numbers) {
    distinct.insert(numbers.begin(), numbers.end());
  }
  EXPECT_GE(distinct.size() + dropped, kLines);
  expect_exact_ledger(birl);
}

class StuckServerTest : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Policies, StuckServerTest,
                         testing::Values("drop-newest", "drop-by-level"));

TEST_P(StuckServerTest, ASpoolTakesNoLineForWhichItHasNoRoom) {
  FakeHttp server;
  server.set_usual({.act = FakeHttp::Act::kHang});
  Instance birl({.config = std::string(kTalker) + R"(
log = ["remote", "other"]
ring = {size = "4MiB"}
[birl]
state_directory = "@DIR@/state"
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[sink.other]
type = "file"
path = "@DIR@/other"
[sink.remote]
type = "http"
url = ")" + server.url() + R"("
body = "text"
batch = {linger = "10ms", bytes = "32KiB"}
retry = {initial = "20ms", max = "100ms"}
timeout = "500ms"
spool = {bytes = "2MiB"}
when_full = ")" + GetParam() +
                           "\"\n"});
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "other", kLines); }));
  const auto full = [&](const Json& sink) {
    return sink.is_object() && sink["received"] == kLines && dropped_of(sink, "queue_full") > 0;
  };
  ASSERT_TRUE(eventually([&] { return full(birl.sink("remote")); }));
  expect_exact_ledger(birl);

  server.set_usual({.status = 200});
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "remote", kLines); }));
  const Json sink = birl.sink("remote");
  Arrived arrived = judge(server.accepted_lines());
  std::set<std::uint64_t> distinct;
  for (const auto& [level, numbers] : arrived.numbers) {
    distinct.insert(numbers.begin(), numbers.end());
  }
  EXPECT_EQ(distinct.size(), sink["delivered"]);
  EXPECT_EQ(distinct.size() + dropped_of(sink, "queue_full"), kLines);
  expect_exact_ledger(birl);
  if (std::string_view(GetParam()) == "drop-by-level") {
    EXPECT_EQ(arrived.numbers["ERROR"].size(), kLines / 10);
    EXPECT_LT(arrived.numbers["DEBUG"].size(), kLines / 5);
  }
}

/// Everything of one service waits for a file that hangs; nothing of another does.
TEST(IsolationTest, AFileThatHangsHoldsUpItsOwnServiceAlone) {
  const TempDirectory place;
  const StuckReader reader(place / "fifo");
  Instance birl({.config = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.held]
log = ["stuck"]
command = "while :; do echo held held held held held held held held held; done"
[service.free]
type = "oneshot"
log = ["files"]
command = ["@LOGGEN@", "--id", "free", "--stream", "out", "--lines", "20000"]
after = ["held"]
[sink.files]
type = "file"
path = "@DIR@/free"
[sink.stuck]
type = "file"
path = ")" + place.path() + "/fifo\"\n"});
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 20'000); }));
  expect_lines(birl, {"@DIR@/free", "--expect", "free:out:20000"});
  // The other one is really stuck: its ring is full and its service waits.
  ASSERT_TRUE(eventually([&] {
    const Json sink = birl.sink("stuck");
    return sink.is_object() && sink["buffered_bytes"] > 500'000;
  }));
}

/// One that floods: the others' lines go on coming.
TEST(IsolationTest, AServiceThatFloodsDoesNotStopTheLinesOfAnother) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.flood]
log = ["flood"]
command = "yes flood flood flood flood flood flood flood flood flood"
[service.calm]
type = "oneshot"
log = ["files"]
command = "i=0; while [ $i -lt 200 ]; do i=$((i + 1)); echo line $i; done"
after = ["flood"]
[sink.files]
type = "file"
path = "@DIR@/calm"
[sink.flood]
type = "file"
path = "@DIR@/flood/current"
rotate = {size = "8MiB", keep = 1}
)"});
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 200); }));
  const std::uint64_t before = birl.sink("flood")["received"];
  EXPECT_TRUE(eventually([&] { return birl.sink("flood")["received"] > before; }));
}

}  // namespace
}  // namespace support
