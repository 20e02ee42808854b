// Covers supervisor/router_link/router_link.h and supervisor/router_link/ledger.h: PID 1's end of
// the handoff against a scripted router, a shell that the test plays the other end for.
#include "supervisor/router_link/router_link.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "logging/handoff/ring_consumer.h"
#include "logging/handoff/ring_writer.h"
#include "supervisor/router_link/ledger.h"

namespace supervisor {
namespace {

using testing::ElementsAre;

struct SilentOwner final : RouterLink::Owner {
  void on_router_ready() override {}
  void on_router_drained(bool complete) override { drained = complete; }
  void on_router_failing(const std::string& reason) override { failing = reason; }
  std::optional<bool> drained;
  std::string failing;
};

class RouterLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    logging::RouterConfig config;
    config.sinks.resize(1);
    config.sinks[0].name = "files";
    config.sinks[0].type = logging::SinkType::kFile;
    sinks_ = config.sinks;
    link_ =
        *RouterLink::open({.loop = loop_,
                           .diag = diag_,
                           .launcher = launcher_,
                           .owner = owner_,
                           .runtime_directory = "/tmp",
                           .environment = {},
                           .router_binary = base::Fd(::open("/bin/true", O_RDONLY | O_CLOEXEC))},
                          config);
    link_->set_message_fd(null_.get());
  }

  /// Lets the launched program end and tells the link.
  void let_router_die() {
    const pid_t pid = link_->pid();
    ASSERT_GT(pid, 0);
    ::waitpid(pid, nullptr, 0);
    launcher_.settle(pid);
    EXPECT_TRUE(link_->on_child_exited(pid, "exited with code 0"));
  }

  base::Loop loop_;
  base::Fd null_{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  base::Diag diag_{null_.get(), base::DiagLevel::kDebug, ""};
  Launcher launcher_{loop_, std::nullopt};
  SilentOwner owner_;
  std::vector<logging::SinkConfig> sinks_;
  std::unique_ptr<RouterLink> link_;
};

TEST_F(RouterLinkTest, ADeadRouterIsForgottenAndItsRestartIsCounted) {
  ASSERT_TRUE(link_->add_service({.service_id = 0, .name = "web", .sinks = {"files"}}, 64U << 10U));
  link_->start();
  let_router_die();
  EXPECT_EQ(link_->pid(), 0);
  EXPECT_EQ(link_->restarts(), 1U);
  EXPECT_FALSE(link_->on_child_exited(12345, "")) << "somebody else's child";
}

TEST_F(RouterLinkTest, ARouterThatNeverGetsReadyIsToldOnceAfterSeveralDeaths) {
  link_->start();
  for (int death = 0; death < 5; ++death) {
    let_router_die();
    base::Timer stop(loop_, [this] { loop_.stop(); });
    while (link_->pid() == 0) {
      stop.start_once(1);
      loop_.run();
    }
    EXPECT_EQ(owner_.failing.empty(), death < 4) << death;
  }
  let_router_die();
}

TEST_F(RouterLinkTest, AfterTheDrainDeadlineADeadRouterMeansNotDrained) {
  link_->start();
  link_->drain(1);  // long ago
  let_router_die();
  EXPECT_EQ(owner_.drained, false);
  EXPECT_EQ(link_->pid(), 0);
}

TEST_F(RouterLinkTest, TheLedgerSumsTheRingsOfAllServices) {
  for (const char* name : {"web", "db"}) {
    ServiceLogs* logs =
        *link_->add_service({.service_id = 0, .name = name, .sinks = {"files"}}, 64U << 10U);
    auto ring = *logging::RingMap::open(logs->ring_fd(), base::Access::kReadWrite);
    const auto consumer = *logging::claim_consumer(ring, logging::sink_id_of("files"),
                                                   logging::ConsumerKind::kLapping, nullptr);
    logging::RingWriter writer(ring);
    writer.label_pipe(0, logging::Stream::kStdout, 1);
    const std::string text = "one\ntwo\nthree\n";
    std::copy(text.begin(), text.end(), writer.prepare(0, text.size()));
    writer.commit(0, text.size(), 1);
  }
  const std::vector<SinkStatus> statuses = sink_statuses(*link_, sinks_);
  ASSERT_EQ(statuses.size(), 1U);
  EXPECT_EQ(statuses[0].name, "files");
  EXPECT_EQ(statuses[0].received, 6U);
  EXPECT_EQ(statuses[0].delivered, 0U);
  EXPECT_EQ(statuses[0].buffered, 6U);
}

}  // namespace
}  // namespace supervisor
