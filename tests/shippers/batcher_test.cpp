#include "shippers/delivery/batcher.h"

#include <gtest/gtest.h>

namespace shippers {
namespace {

constexpr Batcher::Limits kLimits{.bytes = 1000, .events = 3, .linger_ns = 50};

TEST(BatcherTest, NothingWaitsForNothing) {
  Batcher batcher(kLimits);
  EXPECT_FALSE(batcher.look(0, 10));
  EXPECT_EQ(batcher.due_at_ns(), 0U);
}

TEST(BatcherTest, ALineWaitsForLingerAndNoLonger) {
  Batcher batcher(kLimits);
  EXPECT_FALSE(batcher.look(10, 100));
  EXPECT_EQ(batcher.due_at_ns(), 150U);
  EXPECT_FALSE(batcher.look(20, 149));
  EXPECT_TRUE(batcher.look(20, 150));
}

TEST(BatcherTest, EnoughBytesWaitForNothing) {
  Batcher batcher(kLimits);
  EXPECT_FALSE(batcher.look(999, 100));
  EXPECT_TRUE(batcher.look(1000, 100));
}

TEST(BatcherTest, WhatComesAfterABatchLingersAnew) {
  Batcher batcher(kLimits);
  EXPECT_TRUE(batcher.look(1000, 100));
  batcher.restart();
  EXPECT_FALSE(batcher.look(5, 140));
  EXPECT_EQ(batcher.due_at_ns(), 190U);
}

TEST(BatcherTest, ABatchIsLimitedByCountAndBytes) {
  const Batcher batcher(kLimits);
  EXPECT_TRUE(batcher.fits(2, 900, 100));
  EXPECT_FALSE(batcher.fits(2, 900, 101));
  EXPECT_FALSE(batcher.fits(3, 10, 1));
}

TEST(BatcherTest, AnEmptyBatchTakesAnyEvent) {
  EXPECT_TRUE(Batcher(kLimits).fits(0, 0, 5000));
}

}  // namespace
}  // namespace shippers
