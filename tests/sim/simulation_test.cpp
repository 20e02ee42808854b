// Thousands of seeds through the simulation. A failure prints its seed and what led to it; replay
// one with BIRL_SIM_SEED=N, run more (or others) with BIRL_SIM_SEEDS=COUNT and BIRL_SIM_FIRST=N.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>

#include "base/text.h"
#include "tests/sim/simulation.h"

namespace sim {
namespace {

#if defined(BIRL_SANITIZED)
constexpr std::uint64_t kSeedsDefault = 5'000;
#elif defined(NDEBUG)
constexpr std::uint64_t kSeedsDefault = 100'000;
#else
constexpr std::uint64_t kSeedsDefault = 20'000;
#endif
constexpr std::size_t kTraceLinesShown = 80;

std::atomic<std::uint64_t> current_seed{0};

/// An ASSERT in a machine aborts: say at least which seed it was.
void print_seed_and_die(int /*signal*/) {
  char text[64];
  const auto end = fmt::format_to_n(text, sizeof(text), "BIRL_SIM_SEED={}\n",
                                    current_seed.load(std::memory_order_relaxed));
  static_cast<void>(write(STDERR_FILENO, text, end.size));
}

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? base::parse_decimal(text).value_or(otherwise) : otherwise;
}

std::string describe_failure(std::uint64_t seed) {
  const Verdict verdict = run_seed(seed, Tracing::kOn);
  std::string text = fmt::format("BIRL_SIM_SEED={}: {}\n", seed, verdict.failure);
  const std::size_t lines = verdict.trace.size();
  for (std::size_t i = lines - std::min(lines, kTraceLinesShown); i < lines; ++i) {
    text += verdict.trace[i] + "\n";
  }
  return text;
}

TEST(SimulationTest, HoldsForEverySeed) {
  std::signal(SIGABRT, print_seed_and_die);
  const std::uint64_t only = number_from_environment("BIRL_SIM_SEED", 0);
  const std::uint64_t first = number_from_environment("BIRL_SIM_FIRST", 1);
  const std::uint64_t count = number_from_environment("BIRL_SIM_SEEDS", kSeedsDefault);
  std::uint64_t happenings = 0;
  std::uint64_t restarts = 0;
  std::uint64_t upgrades = 0;
  for (std::uint64_t i = 0; i < (only != 0 ? 1 : count); ++i) {
    const std::uint64_t seed = only != 0 ? only : first + i;
    current_seed = seed;
    const Verdict verdict = run_seed(seed, Tracing::kOff);
    ASSERT_EQ(verdict.failure, "") << describe_failure(seed);
    happenings += verdict.happenings;
    restarts += verdict.restarts;
    upgrades += verdict.upgrades;
  }
  fmt::print("{} happenings, {} restarts, {} upgrades\n", happenings, restarts, upgrades);
}

TEST(SimulationTest, ASeedReplaysExactly) {
  for (const std::uint64_t seed : {1U, 77U, 4711U}) {
    EXPECT_EQ(run_seed(seed, Tracing::kOn).trace, run_seed(seed, Tracing::kOn).trace);
  }
}

}  // namespace
}  // namespace sim
