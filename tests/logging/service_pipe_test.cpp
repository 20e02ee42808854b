#include "logging/inputs/service_pipe.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unix_socket.h"

namespace logging {
namespace {

constexpr std::size_t kDefault = 64U << 10U;
constexpr std::size_t kLarge = 256U << 10U;
constexpr std::size_t kLargest = 1U << 20U;

void find_full(ServicePipe& pipe, int times) {
  for (int i = 0; i < times; ++i) {
    pipe.on_data(pipe.pipe_bytes(), 0);
  }
}

class ServicePipeTest : public testing::Test {
 protected:
  void SetUp() override {
    const base::Pipe scratch = std::move(*base::make_pipe());
    if (::fcntl(scratch.read.get(), F_GETPIPE_SZ) != kDefault ||
        ::fcntl(scratch.read.get(), F_SETPIPE_SZ, kLargest) < 0) {
      GTEST_SKIP() << "this user has no budget for pipes";
    }
    ends_ = std::move(*base::make_pipe());
  }

  base::Pipe ends_;
};

TEST_F(ServicePipeTest, ThreeTimesFullInARowEnlargesItInTwoSteps) {
  PipeBudget budget(8U << 20U);
  ServicePipe pipe(std::move(ends_.read), {}, budget);
  EXPECT_EQ(pipe.pipe_bytes(), kDefault);
  find_full(pipe, 2);
  pipe.on_data(100, 0);
  find_full(pipe, 2);
  EXPECT_EQ(pipe.pipe_bytes(), kDefault);
  find_full(pipe, 1);
  EXPECT_EQ(pipe.pipe_bytes(), kLarge);
  find_full(pipe, 3);
  EXPECT_EQ(pipe.pipe_bytes(), kLargest);
  EXPECT_EQ(::fcntl(pipe.fd(), F_GETPIPE_SZ), static_cast<int>(kLargest));
  find_full(pipe, 10);
  EXPECT_EQ(pipe.pipe_bytes(), kLargest);
}

TEST_F(ServicePipeTest, TheBudgetLimitsAllPipesAndComesBackFromQuietAndEndedOnes) {
  PipeBudget budget(kLarge);
  base::Pipe others = std::move(*base::make_pipe());
  ServicePipe second(std::move(others.read), {}, budget);
  {
    ServicePipe first(std::move(ends_.read), {}, budget);
    find_full(first, 3);
    EXPECT_EQ(first.pipe_bytes(), kLarge);
    find_full(second, 3);
    EXPECT_EQ(second.pipe_bytes(), kDefault);
    first.shrink();
    EXPECT_EQ(first.pipe_bytes(), kDefault);
    find_full(second, 3);
    EXPECT_EQ(second.pipe_bytes(), kLarge);
    second.shrink();
    find_full(first, 3);
    EXPECT_EQ(first.pipe_bytes(), kLarge);
  }
  find_full(second, 3);
  EXPECT_EQ(second.pipe_bytes(), kLarge);
}

TEST_F(ServicePipeTest, APipeThatFilledAgainIsNotShrunk) {
  PipeBudget budget(kLarge);
  ServicePipe pipe(std::move(ends_.read), {}, budget);
  find_full(pipe, 3);
  const std::string text(2 * kDefault, 'x');
  ASSERT_EQ(::write(ends_.write.get(), text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
  pipe.shrink();
  EXPECT_EQ(pipe.pipe_bytes(), kLarge);
  EXPECT_FALSE(budget.take(1));
}

TEST_F(ServicePipeTest, WhatAnEarlierRouterEnlargedIsCharged) {
  ASSERT_GT(::fcntl(ends_.read.get(), F_SETPIPE_SZ, kLargest), 0);
  PipeBudget budget(kLarge);
  {
    const ServicePipe pipe(std::move(ends_.read), {}, budget);
    EXPECT_EQ(pipe.pipe_bytes(), kLargest);
    EXPECT_FALSE(budget.take(1));
  }
  EXPECT_TRUE(budget.take(kLarge));
}

TEST(ServicePipeContentTest, LookTellsNothingSomethingAndTheEnd) {
  base::Pipe ends = std::move(*base::make_pipe());
  PipeBudget budget(0);
  const ServicePipe pipe(std::move(ends.read), {}, budget);
  EXPECT_EQ(pipe.look(), ServicePipe::Content::kNothing);
  ASSERT_EQ(::write(ends.write.get(), "x", 1), 1);
  EXPECT_EQ(pipe.look(), ServicePipe::Content::kSomething);
  ends.write.reset();
  EXPECT_EQ(pipe.look(), ServicePipe::Content::kSomething);
  char c = 0;
  ASSERT_EQ(::read(pipe.fd(), &c, 1), 1);
  EXPECT_EQ(pipe.look(), ServicePipe::Content::kEnd);
}

TEST(ServicePipeContentTest, SmallPipesNeverWait) {
  PipeBudget budget(0);
  base::Pipe ends = std::move(*base::make_pipe());
  ASSERT_GT(::fcntl(ends.read.get(), F_SETPIPE_SZ, 8192), 0);
  ServicePipe small(std::move(ends.read), {}, budget);
  small.on_data(1, 1'000'000'000);
  EXPECT_EQ(small.pacing().next_read_ns(), 1'000'000'000U);
}

TEST(ServicePipeContentTest, WhatIsNoPipeStaysAsItIs) {
  PipeBudget budget(kLarge);
  base::SocketPair pair = std::move(*base::make_socket_pair());
  ServicePipe socket(std::move(pair.first), {}, budget);
  find_full(socket, 10);
  EXPECT_EQ(socket.pipe_bytes(), kDefault);
  EXPECT_TRUE(budget.take(kLarge));
}

constexpr int kUnknownUid = 54321;
constexpr int kCannotTry = 77;

/// As a user whose pipe pages are used up, in a process of its own.
int grow_without_a_budget() {
  if (::getuid() == 0 && ::setresuid(kUnknownUid, kUnknownUid, kUnknownUid) != 0) {
    return kCannotTry;
  }
  std::vector<base::Pipe> eaten;
  for (;;) {
    auto pipe = base::make_pipe();
    if (!pipe || eaten.size() == 400) {
      return kCannotTry;
    }
    if (::fcntl(pipe->read.get(), F_SETPIPE_SZ, kLargest) < 0) {
      break;
    }
    eaten.push_back(std::move(*pipe));
  }
  PipeBudget budget(kLargest);
  base::Pipe ends = std::move(*base::make_pipe());
  ServicePipe pipe(std::move(ends.read), {}, budget);
  const std::size_t before = pipe.pipe_bytes();
  find_full(pipe, 10);
  return pipe.pipe_bytes() == before && budget.take(kLargest) ? 0 : 1;
}

TEST(ServicePipeContentTest, WhereTheKernelRefusesThePipeStaysAndTheBudgetIsWhole) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(grow_without_a_budget());
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kCannotTry) {
    GTEST_SKIP() << "this machine does not limit pipes";
  }
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace logging
