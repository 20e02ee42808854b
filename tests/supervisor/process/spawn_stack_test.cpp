#include "supervisor/process/spawn_stack.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>

namespace supervisor {
namespace {

constexpr std::size_t kBytes = 16384;

TEST(SpawnStackTest, AllOfItIsUsableAndThePageBelowIsNot) {
  const SpawnStack stack = *SpawnStack::make(kBytes);
  auto* const bottom = static_cast<char*>(stack.top()) - kBytes;
  std::memset(bottom, 1, kBytes);
  EXPECT_DEATH(
      {
        std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would write a report
        *static_cast<volatile char*>(bottom - 1) = 1;
      },
      "");
}

TEST(SpawnStackTest, MovesWithItsOwner) {
  SpawnStack first = *SpawnStack::make(kBytes);
  void* const top = first.top();
  SpawnStack second = std::move(first);
  EXPECT_EQ(second.top(), top);
  SpawnStack third = *SpawnStack::make(kBytes);
  third = std::move(second);
  ASSERT_EQ(third.top(), top);
  std::memset(static_cast<char*>(top) - kBytes, 1, kBytes);
}

}  // namespace
}  // namespace supervisor
