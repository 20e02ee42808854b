#include "supervisor/machine/restart_policy.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace supervisor {
namespace {

constexpr std::uint64_t kAllRandomBits = std::numeric_limits<std::uint64_t>::max();

std::vector<std::uint64_t> delays_ms(Backoff& backoff, std::size_t count, std::uint64_t random) {
  std::vector<std::uint64_t> delays;
  for (std::size_t i = 0; i < count; ++i) {
    delays.push_back(backoff.next_delay_ns(random) / base::kNsPerMs);
  }
  return delays;
}

TEST(RestartPolicyTest, DecidesForEachTypePolicyAndEnd) {
  using enum AfterRun;
  const auto daemon = [](RestartPolicy policy, bool success) {
    return decide_after_run(ServiceType::kDaemon, policy, success);
  };
  EXPECT_EQ(daemon(RestartPolicy::kAlways, true), kRestart);
  EXPECT_EQ(daemon(RestartPolicy::kAlways, false), kRestart);
  EXPECT_EQ(daemon(RestartPolicy::kOnFailure, true), kDone);
  EXPECT_EQ(daemon(RestartPolicy::kOnFailure, false), kRestart);
  EXPECT_EQ(daemon(RestartPolicy::kNever, true), kDone);
  EXPECT_EQ(daemon(RestartPolicy::kNever, false), kFailed);
}

TEST(RestartPolicyTest, AOneshotIsRestartedUntilItSucceeds) {
  using enum AfterRun;
  const auto oneshot = [](RestartPolicy policy, bool success) {
    return decide_after_run(ServiceType::kOneshot, policy, success);
  };
  EXPECT_EQ(oneshot(RestartPolicy::kAlways, true), kDone);
  EXPECT_EQ(oneshot(RestartPolicy::kAlways, false), kRestart);
  EXPECT_EQ(oneshot(RestartPolicy::kOnFailure, false), kRestart);
  EXPECT_EQ(oneshot(RestartPolicy::kNever, true), kDone);
  EXPECT_EQ(oneshot(RestartPolicy::kNever, false), kFailed);
}

TEST(BackoffTest, DoublesFromInitialToMax) {
  BackoffConfig config;
  config.max = base::seconds(1);
  Backoff backoff(config);
  EXPECT_EQ(delays_ms(backoff, 6, 0), (std::vector<std::uint64_t>{100, 200, 400, 800, 1000, 1000}));
}

TEST(BackoffTest, JitterTakesAtMostItsPartOfTheWait) {
  Backoff backoff{BackoffConfig{}};
  EXPECT_EQ(backoff.next_delay_ns(kAllRandomBits) / base::kNsPerMs, 90U);
  backoff.reset();
  EXPECT_EQ(backoff.next_delay_ns(kAllRandomBits / 2) / base::kNsPerMs, 95U);
}

TEST(BackoffTest, ALongRunStartsTheRowAgainAShortOneDoesNot) {
  Backoff backoff{BackoffConfig{}};
  EXPECT_EQ(delays_ms(backoff, 3, 0), (std::vector<std::uint64_t>{100, 200, 400}));
  backoff.on_run_ended(base::seconds(30).ns - 1);
  EXPECT_EQ(delays_ms(backoff, 1, 0), (std::vector<std::uint64_t>{800}));
  backoff.on_run_ended(base::seconds(30).ns);
  EXPECT_EQ(delays_ms(backoff, 1, 0), (std::vector<std::uint64_t>{100}));
}

TEST(BackoffTest, SurvivesAbsurdValues) {
  BackoffConfig config;
  config.factor = 1e300;
  config.max = {kAllRandomBits};
  config.jitter = 7;
  Backoff backoff(config);
  for (int i = 0; i < 100; ++i) {
    EXPECT_LE(backoff.next_delay_ns(0), 365UL * 24 * 3600 * base::kNsPerSecond);
  }
  config.factor = 0;
  Backoff constant(config);
  EXPECT_EQ(delays_ms(constant, 2, 0), (std::vector<std::uint64_t>{100, 100}));
}

TEST(BackoffTest, TheRowMayGoOnForEver) {
  Backoff backoff{BackoffConfig{}};
  for (int i = 0; i < 5000; ++i) {
    static_cast<void>(backoff.next_delay_ns(0));
  }
  EXPECT_EQ(backoff.next_delay_ns(0), base::seconds(30).ns);
}

TEST(RestartWindowTest, AllowsCountRestartsWithinTheWindow) {
  RestartWindow window({2, base::seconds(10), RestartLimitThen::kStop});
  EXPECT_TRUE(window.try_count(base::seconds(0).ns));
  EXPECT_TRUE(window.try_count(base::seconds(9).ns));
  EXPECT_FALSE(window.try_count(base::seconds(10).ns - 1));
  EXPECT_TRUE(window.try_count(base::seconds(10).ns));  // the first has left the window
  EXPECT_FALSE(window.try_count(base::seconds(10).ns));
  window.reset();
  EXPECT_TRUE(window.try_count(base::seconds(10).ns));
}

TEST(RestartWindowTest, ZeroIsNoLimit) {
  RestartWindow window(RestartLimitConfig{});
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(window.try_count(0));
  }
}

}  // namespace
}  // namespace supervisor
