#include "base/loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "base/fd.h"

namespace base {
namespace {

TEST(LoopTest, APollSeesReadabilityAndMayDestroyItself) {
  Loop loop;
  const Pipe pipe = *make_pipe();
  int calls = 0;
  std::optional<Poll> poll;
  poll.emplace(*Poll::open(loop, pipe.read.get(), Poll::kReadable, [&](int events) {
    EXPECT_EQ(events, Poll::kReadable);
    ++calls;
    poll.reset();
  }));
  ASSERT_EQ(::write(pipe.write.get(), "x", 1), 1);
  loop.run();
  EXPECT_EQ(calls, 1);
}

TEST(LoopTest, TimersFireInOrderAndAStoppedOneDoesNot) {
  Loop loop;
  std::string order;
  Timer late(loop, [&] { order += 'b'; });
  Timer early(loop, [&] { order += 'a'; });
  Timer stopped(loop, [&] { order += 'x'; });
  late.start_once(5);
  early.start_once(1);
  stopped.start_once(1);
  stopped.stop();
  loop.run();
  EXPECT_EQ(order, "ab");
}

TEST(LoopTest, ATimerMayRestartItselfFromItsCallback) {
  Loop loop;
  int fired = 0;
  std::optional<Timer> timer;
  timer.emplace(loop, [&] {
    if (++fired < 3) {
      timer->start_once(0);
    }
  });
  timer->start_once(0);
  loop.run();
  EXPECT_EQ(fired, 3);
}

// A start that failed was tried again with no back-off; the loop never got to the message that
// would have let it succeed.
TEST(LoopTest, ATimerThatRestartsItselfAtOnceLeavesTheLoopToPolls) {
  Loop loop;
  const Pipe pipe = *make_pipe();
  std::optional<Timer> timer;
  timer.emplace(loop, [&] { timer->start_once(0); });
  auto poll = *Poll::open(loop, pipe.read.get(), Poll::kReadable, [&](int) { loop.stop(); });
  ASSERT_EQ(::write(pipe.write.get(), "x", 1), 1);
  timer->start_once(0);
  loop.run();
}

TEST(LoopTest, StopEndsRunWithActiveHandles) {
  Loop loop;
  Timer far(loop, [] { FAIL(); });
  Timer now(loop, [&] { loop.stop(); });
  far.start_once(1'000'000);
  now.start_once(0);
  loop.run();
}

}  // namespace
}  // namespace base
