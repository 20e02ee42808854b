// A start that hangs in the kernel, as on a dead mount. fanotify holds the exec until we allow it.
#include <signal.h>
#include <sys/fanotify.h>

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

class HangingStartTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy_file("/bin/true", program_);
    group_ = base::Fd(::fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC));
    if (!group_.valid() || ::fanotify_mark(group_.get(), FAN_MARK_ADD, FAN_OPEN_EXEC_PERM, AT_FDCWD,
                                           program_.c_str()) != 0) {
      GTEST_SKIP() << "needs root and fanotify permission events";
    }
  }

  /// Waits until the exec hangs; lets it go on when the answer is written.
  fanotify_event_metadata next_event() {
    fanotify_event_metadata event{};
    EXPECT_EQ(::read(group_.get(), &event, sizeof(event)), static_cast<ssize_t>(sizeof(event)));
    return event;
  }

  void allow(const fanotify_event_metadata& event) {
    const fanotify_response response{.fd = event.fd, .response = FAN_ALLOW};
    EXPECT_EQ(::write(group_.get(), &response, sizeof(response)),
              static_cast<ssize_t>(sizeof(response)));
    ::close(event.fd);
  }

  TemporaryDirectory directory_;
  std::string program_ = directory_.path() + "/program";
  base::Fd group_;
  Spawner spawner_{std::nullopt};
};

TEST_F(HangingStartTest, IsUnderWayUntilTheKernelLetsItGo) {
  Spawning hanging = *spawner_.begin({.name = "web", .argv = {program_}});
  const fanotify_event_metadata event = next_event();
  EXPECT_FALSE(hanging.try_finish());
  EXPECT_EQ(run_process(spawner_, {.argv = {"/bin/echo", "others start"}}).output,
            "others start\n");
  EXPECT_FALSE(hanging.try_finish());
  allow(event);
  EXPECT_TRUE(finish(hanging).started);
  EXPECT_EQ(wait_for(hanging.pid()), 0);
}

TEST_F(HangingStartTest, IsKilledAndItsMemoryComesBackAfterItsEnd) {
  pid_t pid = 0;
  {
    const Spawning hanging = *spawner_.begin({.name = "web", .argv = {program_}});
    pid = hanging.pid();
    next_event();
  }
  EXPECT_EQ(spawner_.abandoned_count(), 1U);
  ::kill(pid, SIGKILL);
  EXPECT_EQ(WTERMSIG(wait_for(pid)), SIGKILL);
  EXPECT_TRUE(run_process(spawner_, {.argv = {"/bin/true"}}).outcome.started);
  EXPECT_EQ(spawner_.abandoned_count(), 0U);
}

}  // namespace
}  // namespace supervisor
