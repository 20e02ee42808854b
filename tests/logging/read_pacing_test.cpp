#include "logging/inputs/read_pacing.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace logging {
namespace {

constexpr std::size_t kPipe = 64 * 1024;
constexpr std::uint64_t kStartNs = 1'000'000'000;

/// The wait after a read of `bytes` that came one millisecond after the last.
std::uint64_t wait_after(std::size_t bytes, std::size_t pipe_bytes) {
  ReadPacing pacing;
  pacing.on_ready(kStartNs);
  const std::uint64_t now_ns = kStartNs + base::kNsPerMs;
  pacing.on_data(bytes, pipe_bytes, now_ns);
  return pacing.next_read_ns() - now_ns;
}

TEST(ReadPacingTest, AQuietPipeIsReadAtOnceAndThenEveryMillisecond) {
  ReadPacing pacing;
  pacing.on_ready(kStartNs);
  EXPECT_EQ(pacing.next_read_ns(), kStartNs);
  pacing.on_data(100, kPipe, kStartNs);
  EXPECT_EQ(pacing.next_read_ns(), kStartNs + ReadPacing::kIntervalMaxNs);
}

TEST(ReadPacingTest, ThreeEmptyReadsMakeItQuiet) {
  ReadPacing pacing;
  pacing.on_ready(kStartNs);
  pacing.on_empty(kStartNs);
  pacing.on_empty(kStartNs);
  EXPECT_FALSE(pacing.is_quiet());
  pacing.on_empty(kStartNs);
  EXPECT_TRUE(pacing.is_quiet());
}

TEST(ReadPacingTest, ASteadyStreamIsReadWhenItsPipeIsHalfFull) {
  EXPECT_EQ(wait_after(16 * 1024, kPipe), 2 * base::kNsPerMs);
  EXPECT_EQ(wait_after(32 * 1024, kPipe), base::kNsPerMs);
}

TEST(ReadPacingTest, OnlyABusyStreamWaitsLongerThanAMillisecond) {
  EXPECT_EQ(wait_after(1'000, 16 * kPipe), ReadPacing::kIntervalMaxNs);
  EXPECT_EQ(wait_after(15 * 1024, 16 * kPipe), ReadPacing::kIntervalMaxNs);
  EXPECT_EQ(wait_after(60 * 1024, 16 * kPipe), ReadPacing::kBusyIntervalMaxNs);
}

TEST(ReadPacingTest, APipeFoundFullIsReadSoonerAndSooner) {
  ReadPacing pacing;
  pacing.on_ready(kStartNs);
  std::uint64_t now_ns = kStartNs + base::kNsPerMs;
  pacing.on_data(kPipe, kPipe, now_ns);
  EXPECT_EQ(pacing.next_read_ns() - now_ns, ReadPacing::kBulkIntervalNs);
  now_ns = pacing.next_read_ns();
  pacing.on_data(kPipe, kPipe, now_ns);
  EXPECT_EQ(pacing.next_read_ns() - now_ns, ReadPacing::kBulkIntervalNs / 2);
}

TEST(ReadPacingTest, ASmallPipeNeverWaits) {
  ReadPacing pacing;
  pacing.set_never_waits(true);
  pacing.on_ready(kStartNs);
  pacing.on_data(100, 8 * 1024, kStartNs + base::kNsPerMs);
  EXPECT_EQ(pacing.next_read_ns(), kStartNs + base::kNsPerMs);
  pacing.on_empty(kStartNs + base::kNsPerMs);
  EXPECT_TRUE(pacing.is_quiet());
}

}  // namespace
}  // namespace logging
