#include "shippers/delivery/retry_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/clock.h"

namespace shippers {
namespace {

using base::kNsPerSecond;

constexpr std::uint64_t kDay = 1'704'153'600 * kNsPerSecond;  // 2024-01-02T00:00:00Z

TEST(RetryPolicyTest, TheBoundDoublesUpToTheMaximum) {
  const RetryPolicy policy(kNsPerSecond, 60 * kNsPerSecond, 1);
  EXPECT_EQ(policy.bound_ns(1), 1 * kNsPerSecond);
  EXPECT_EQ(policy.bound_ns(2), 2 * kNsPerSecond);
  EXPECT_EQ(policy.bound_ns(6), 32 * kNsPerSecond);
  EXPECT_EQ(policy.bound_ns(7), 60 * kNsPerSecond);
  EXPECT_EQ(policy.bound_ns(4'000'000'000), 60 * kNsPerSecond);
}

TEST(RetryPolicyTest, AnInitialAboveTheMaximumIsTheMaximum) {
  EXPECT_EQ(RetryPolicy(9 * kNsPerSecond, kNsPerSecond, 1).bound_ns(1), kNsPerSecond);
}

TEST(RetryPolicyTest, JitterIsFullAndStaysWithinTheBound) {
  RetryPolicy policy(kNsPerSecond, 60 * kNsPerSecond, 7);
  std::uint64_t least = UINT64_MAX;
  std::uint64_t most = 0;
  for (int draw = 0; draw < 2000; ++draw) {
    const std::uint64_t wait = policy.wait_ns(4, 0);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_LT(least, kNsPerSecond / 2);
  EXPECT_GE(least, RetryLimits::kWaitMinNs);
  EXPECT_GT(most, 7 * kNsPerSecond);
  EXPECT_LE(most, 8 * kNsPerSecond);
}

TEST(RetryPolicyTest, WhatTheDestinationAsksForIsTheMinimum) {
  RetryPolicy policy(kNsPerSecond, 60 * kNsPerSecond, 7);
  EXPECT_EQ(policy.wait_ns(1, 90 * kNsPerSecond), 90 * kNsPerSecond);
  EXPECT_EQ(policy.wait_ns(1, UINT64_MAX), RetryLimits::kRetryAfterMaxNs);
}

TEST(RetryPolicyTest, TheSameSeedWaitsTheSame) {
  RetryPolicy first(kNsPerSecond, 60 * kNsPerSecond, 7);
  RetryPolicy second(kNsPerSecond, 60 * kNsPerSecond, 7);
  EXPECT_EQ(first.wait_ns(3, 0), second.wait_ns(3, 0));
}

TEST(RetryAfterTest, SecondsAreRead) {
  EXPECT_EQ(parse_retry_after("120", kDay), 120 * kNsPerSecond);
  EXPECT_EQ(parse_retry_after(" 0 ", kDay), 0U);
}

TEST(RetryAfterTest, EveryFormOfDateIsRead) {
  for (const char* date : {"Tue, 02 Jan 2024 00:00:30 GMT", "Tuesday, 02-Jan-24 00:00:30 GMT",
                           "Tue Jan  2 00:00:30 2024"}) {
    EXPECT_EQ(parse_retry_after(date, kDay), 30 * kNsPerSecond) << date;
  }
}

TEST(RetryAfterTest, ADateThatHasPassedIsNow) {
  EXPECT_EQ(parse_retry_after("Mon, 01 Jan 2024 00:00:30 GMT", kDay), 0U);
}

TEST(RetryAfterTest, NonsenseIsNothing) {
  for (const char* text : {"", "soon", "-5", "1.5", "Tue, 02 Jan 2024 00:00:30 CET"}) {
    EXPECT_EQ(parse_retry_after(text, kDay), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace shippers
