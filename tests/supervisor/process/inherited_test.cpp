#include "supervisor/process/inherited.h"

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

TEST(InheritedTest, RaisesTheLimitAndTellsWhatItWas) {
  rlimit start{};
  ::getrlimit(RLIMIT_NOFILE, &start);
  const rlimit low{.rlim_cur = 100, .rlim_max = start.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const base::Result<rlimit> before = raise_open_files(200);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->rlim_cur, 100U);
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  EXPECT_EQ(now.rlim_cur, 200U);
  EXPECT_EQ(now.rlim_max, start.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &start);
}

TEST(InheritedTest, NeverLowersTheLimit) {
  rlimit start{};
  ::getrlimit(RLIMIT_NOFILE, &start);
  ASSERT_TRUE(raise_open_files(10));
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  EXPECT_EQ(now.rlim_cur, start.rlim_cur);
}

TEST(InheritedTest, DescriptorsFromThreeUpBecomeCloseOnExec) {
  const base::Fd leaking(::open("/dev/null", O_RDONLY));
  ASSERT_EQ(::fcntl(leaking.get(), F_GETFD), 0);
  ASSERT_TRUE(close_on_exec_from_3());
  EXPECT_EQ(::fcntl(leaking.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(1, F_GETFD), 0);
}

}  // namespace
}  // namespace supervisor
