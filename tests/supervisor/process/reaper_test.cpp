#include "supervisor/process/reaper.h"

#include <poll.h>
#include <signal.h>

#include "supervisor/process/signals.h"
#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

/// Reaps on SIGCHLD, as the loop does, until `count` children are gone.
std::vector<ReapedChild> reap_until(std::size_t count) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  std::vector<ReapedChild> all;
  while (all.size() < count) {
    const ReapResult reaped = reap_children();
    EXPECT_LE(reaped.children.size(), kReapedPerCallMax);
    EXPECT_EQ(reaped.more, reaped.children.size() == kReapedPerCallMax);
    all.insert(all.end(), reaped.children.begin(), reaped.children.end());
    if (!reaped.more && all.size() < count) {
      const timespec patience{.tv_sec = 60, .tv_nsec = 0};
      if (::sigtimedwait(&child, nullptr, &patience) < 0) {
        ADD_FAILURE() << "only " << all.size() << " children ended";
        break;
      }
    }
  }
  return all;
}

pid_t fork_and(void (*end)()) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    end();
    ::_exit(0);
  }
  return pid;
}

TEST(ReaperTest, TellsAnExitFromADeathByASignal) {
  const pid_t exits = fork_and([] { ::_exit(42); });
  const pid_t dies = fork_and([] { ::kill(::getpid(), SIGKILL); });
  std::vector<ReapedChild> reaped = reap_until(2);
  ASSERT_EQ(reaped.size(), 2U);
  if (reaped[0].pid != exits) {
    std::swap(reaped[0], reaped[1]);
  }
  EXPECT_EQ(reaped[0].pid, exits);
  EXPECT_EQ(reaped[0].signal, 0);
  EXPECT_EQ(reaped[0].container_code(), 42);
  EXPECT_EQ(reaped[1].pid, dies);
  EXPECT_EQ(reaped[1].signal, SIGKILL);
  EXPECT_EQ(reaped[1].container_code(), 137);
}

TEST(ReaperTest, WithoutAChildThereIsNothingAndNoMore) {
  const ReapResult reaped = reap_children();
  EXPECT_TRUE(reaped.children.empty());
  EXPECT_FALSE(reaped.more);
}

TEST(ReaperTest, TenThousandOrphansOfADeadChildAreReaped) {
  constexpr std::size_t kOrphans = 10'000;
  ASSERT_TRUE(become_subreaper());
  Spawner spawner(std::nullopt);
  Spawning spawning = *spawner.begin(
      {.name = "parent", .argv = {PROCESS_HELPER, "orphans", std::to_string(kOrphans)}});
  EXPECT_TRUE(finish(spawning).started);
  const std::vector<ReapedChild> reaped = reap_until(kOrphans + 1);
  const auto orphans =
      std::ranges::count_if(reaped, [](const ReapedChild& child) { return child.exit_code == 3; });
  EXPECT_EQ(static_cast<std::size_t>(orphans), kOrphans);
  EXPECT_TRUE(reap_children().children.empty());
}

}  // namespace
}  // namespace supervisor
