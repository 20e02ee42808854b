// What `birl trace --json` prints leads the same machines to the same states. Another trace is
// replayed with BIRL_TRACE=FILE. Covers supervisor/machine/trace_json.h.
#include "tests/sim/trace_replay.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "supervisor/machine/fleet_trace.h"
#include "tests/sim/simulation.h"

namespace sim {
namespace {

using testing::Contains;

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(TraceReplayTest, EverySeedReplaysFromItsTrace) {
  std::size_t replayed = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Replayed replay = replay_trace(run_seed(seed, Tracing::kOn).trace_json);
    if (replay.complete) {
      ASSERT_EQ(replay.failure, "") << "BIRL_SIM_SEED=" << seed;
      replayed += replay.events > 10 ? 1U : 0U;
    }
  }
  EXPECT_GT(replayed, 100U);
}

/// The one file was printed by a real instance whose service crashed twice and was then stopped.
TEST(TraceReplayTest, ATraceOfARealInstanceReplays) {
  const char* given = std::getenv("BIRL_TRACE");
  const std::string path = given != nullptr ? given : BIRL_SIM_TRACE;
  const Replayed replay = replay_trace(read_file(path));
  EXPECT_EQ(replay.failure, "");
  EXPECT_TRUE(replay.complete);
  for (const std::string& change : replay.changes) {
    fmt::print("{}\n", change);
  }
  if (given == nullptr) {
    EXPECT_THAT(replay.changes, Contains("web: running -> backoff").Times(2));
    EXPECT_EQ(replay.changes.back(), "web: stopping -> stopped");
  }
}

TEST(TraceReplayTest, AnotherTraceIsNoticed) {
  std::string text = read_file(BIRL_SIM_TRACE);
  const std::string state = R"("name":"web","state":"stopped")";
  ASSERT_NE(text.find(state), std::string::npos);
  text.replace(text.find(state), state.size(), R"("name":"web","state":"running")");
  EXPECT_NE(replay_trace(text).failure, "");
}

TEST(FleetTraceTest, TheOldestGoAndThenItIsNotComplete) {
  supervisor::FleetTrace trace;
  for (std::size_t i = 0; i < supervisor::TraceLimits::kEntries; ++i) {
    trace.add(0, {.text = std::string(5'000, 'x')}, i);
  }
  EXPECT_TRUE(trace.complete());
  EXPECT_EQ(trace.entries().back().event.text.size(), supervisor::TraceLimits::kTextBytes);
  trace.add_answer(supervisor::TraceKind::kRandom, 7);
  EXPECT_FALSE(trace.complete());
  EXPECT_EQ(trace.entries().size(), supervisor::TraceLimits::kEntries);
  EXPECT_EQ(trace.entries().front().now_ns, 1U);
  EXPECT_EQ(trace.entries().back().answer, 7U);
}

}  // namespace
}  // namespace sim
