// The promise of network sinks: killed at any step, every line arrives at least once, no line is
// taken from a ring twice, and the ledger is exact.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <set>

#include "base/crash_point.h"
#include "tests/shippers/network_world.h"

namespace shippers {
namespace {

constexpr int kServices = 2;
constexpr int kLines = 60;
constexpr std::size_t kTornBytes = 700;  // of one write: records are torn

std::unique_ptr<NetworkWorld> make_world() {
  auto world = std::make_unique<NetworkWorld>();
  for (int service = 0; service < kServices; ++service) {
    const std::string name = "s" + std::to_string(service);
    TestService& added = world->add_service(name, static_cast<std::uint64_t>(service) + 1);
    for (int line = 0; line < kLines; line += 20) {
      EXPECT_TRUE(added.feed(kOutPipe, numbered_lines(name, line, 20)));
    }
  }
  return world;
}

/// Now and then a request fails or a part of it does.
Outcome moody(std::span<const SpoolEvent> events) {
  static int request = 0;
  Outcome outcome;
  if (++request % 3 == 0) {
    outcome.verdict = Verdict::kRetry;
  } else if (request % 5 == 0 && events.size() > 1) {
    outcome.exceptions = {{1, Verdict::kRetry}};
  }
  return outcome;
}

/// Refuses every line that ends with a 5 for good.
Outcome refusing(std::span<const SpoolEvent> events) {
  Outcome outcome;
  for (std::uint32_t index = 0; index < events.size(); ++index) {
    if (events[index].text.ends_with("5\n")) {
      outcome.exceptions.push_back({index, Verdict::kReject});
      outcome.reason = "no fives";
    }
  }
  return outcome;
}

/// True when the child was killed.
bool run_killed(NetworkWorld& world, const std::string& crash,
                const FileDestination::Judge& judge = moody,
                logging::DeadLetters* letters = nullptr) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("BIRL_DEBUG_CRASH", crash.c_str(), 1);
    base::arm_crash_points();
    NetworkRouter router(world, judge, kTornBytes, letters);
    EXPECT_TRUE(router.run(5000));
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
  return WIFSIGNALED(status);
}

void finish_and_check(NetworkWorld& world) {
  EXPECT_EQ(world.ledger().dropped, 0U);
  NetworkRouter router(world);
  EXPECT_TRUE(router.run(5000));
  const auto accepted = world.accepted();
  EXPECT_EQ(std::set<std::string>(accepted.begin(), accepted.end()).size(),
            static_cast<std::size_t>(kServices * kLines));
  constexpr std::uint64_t kAll = kServices * kLines;
  EXPECT_EQ(world.ledger(), (NetworkWorld::Ledger{.received = kAll, .delivered = kAll}));
}

TEST(NetworkCrashTest, KilledAtEveryStepItLosesNothingAndCountsExactly) {
  bool killed = true;
  std::size_t point = 1;
  for (; killed; ++point) {
    const auto world = make_world();
    killed = run_killed(*world, "*?:" + std::to_string(point));
    finish_and_check(*world);
    ASSERT_FALSE(testing::Test::HasFailure()) << "killed at crash point " << point;
  }
  EXPECT_GT(point, 40U);
}

TEST(NetworkCrashTest, KilledAgainAndAgainWhileItRecovers) {
  for (std::size_t seed = 1; seed < 60; ++seed) {
    const auto world = make_world();
    std::size_t state = seed;
    for (int life = 0; life < 10; ++life) {
      state = state * 1'103'515'245 + 12'345;
      (void)run_killed(*world, "*?:" + std::to_string(1 + (state >> 16U) % 37));
    }
    finish_and_check(*world);
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

/// The lines of the letters in a pipe, each as often as it is there.
std::vector<std::string> letters_in(int pipe) {
  std::string all(1U << 20U, '\0');
  const ssize_t count = ::read(pipe, all.data(), all.size());
  all.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  std::vector<std::string> events;
  constexpr std::string_view kBefore = "\"event\":\"";
  for (std::size_t at = all.find(kBefore); at != std::string::npos; at = all.find(kBefore, at)) {
    at += kBefore.size();
    events.push_back(all.substr(at, all.find('"', at) - at));
  }
  return events;
}

TEST(NetworkCrashTest, KilledAtEveryStepNoDeadLetterIsLostAndEachIsCountedOnce) {
  constexpr std::uint64_t kAll = kServices * kLines;
  constexpr std::uint64_t kRefused = kAll / 10;
  bool killed = true;
  std::size_t point = 1;
  for (; killed; ++point) {
    const auto world = make_world();
    world->config.network.dead_letter = "dead";
    base::Pipe pipe = *base::make_pipe(O_NONBLOCK);
    logging::DeadLetters letters;
    letters.add("dead", std::move(pipe.write), true);
    killed = run_killed(*world, "*?:" + std::to_string(point), refusing, &letters);
    NetworkRouter router(*world, refusing, SIZE_MAX, &letters);
    EXPECT_TRUE(router.run(5000));
    EXPECT_EQ(world->ledger(),
              (NetworkWorld::Ledger{
                  .received = kAll, .delivered = kAll - kRefused, .dropped = kRefused}));
    const auto told = letters_in(pipe.read.get());
    EXPECT_EQ(std::set<std::string>(told.begin(), told.end()).size(), kRefused);
    ASSERT_FALSE(testing::Test::HasFailure()) << "killed at crash point " << point;
  }
  EXPECT_GT(point, 40U);
}

}  // namespace
}  // namespace shippers
