// Covers supervisor/router_link/router_link.h, supervisor/router_link/router_change.cpp,
// supervisor/router_link/router_requests.cpp, supervisor/router_link/router_services.cpp and
// supervisor/router_link/ledger.h: PID 1's end of the handoff against a scripted router, a shell
// that the test plays the other end for.
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
  void on_line_seen(const ServiceLogs&) override { ++lines_seen; }
  void on_router_failing(const std::string& reason) override { failing = reason; }
  std::optional<bool> drained;
  std::string failing;
  int lines_seen = 0;
};

class RouterLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    logging::RouterConfig& config = config_;
    config.sinks.resize(1);
    config.sinks[0].name = "files";
    config.sinks[0].type = logging::SinkType::kFile;
    configuration_.sinks["files"] = config.sinks[0];
    link_ =
        *RouterLink::open({.loop = loop_,
                           .diag = diag_,
                           .launcher = launcher_,
                           .owner = owner_,
                           .ring_files = ring_files_,
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
    EXPECT_TRUE(link_->on_child_exited(pid, ExitStatus::exited(0)));
  }

  base::Loop loop_;
  base::Fd null_{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  base::Diag diag_{null_.get(), base::DiagLevel::kDebug, ""};
  Launcher launcher_{loop_, std::nullopt};
  Helpers helpers_{loop_};
  RingFiles ring_files_{diag_, helpers_};
  SilentOwner owner_;
  logging::RouterConfig config_;
  Config configuration_;
  std::unique_ptr<RouterLink> link_;
};

TEST_F(RouterLinkTest, SinksThatGetDeadLettersHaveARingOfTheirOwn) {
  ASSERT_TRUE(link_->set_dead_letters({"files"}, 64U << 10U));
  ASSERT_TRUE(link_->set_dead_letters({"files"}, 64U << 10U)) << "once";
  ASSERT_EQ(link_->services().size(), 1U);
  const ServiceLogs& logs = *link_->services().front();
  EXPECT_EQ(logs.identity().name, "dead_letters.files");
  EXPECT_EQ(logs.identity().sinks, (std::vector<std::string>{"files"}));
  EXPECT_EQ(logs.pipes().size(), 1U);
  ASSERT_TRUE(link_->set_dead_letters({}, 64U << 10U));
  EXPECT_TRUE(logs.removed());
}

TEST_F(RouterLinkTest, ADeadRouterIsForgottenAndItsRestartIsCounted) {
  ASSERT_TRUE(link_->add_service({.service_id = 0, .name = "web", .sinks = {"files"}}, 64U << 10U));
  link_->start();
  let_router_die();
  EXPECT_EQ(link_->pid(), 0);
  EXPECT_EQ(link_->restarts(), 1U);
  EXPECT_FALSE(link_->on_child_exited(12345, ExitStatus::exited(0))) << "somebody else's child";
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

TEST_F(RouterLinkTest, AnAwaitedLineIsForgottenOnlyWhenSomebodySaysSo) {
  ServiceLogs* web =
      *link_->add_service({.service_id = 0, .name = "web", .sinks = {"files"}}, 64U << 10U);
  link_->start();
  link_->await_line(*web, 3, {"ready"});
  let_router_die();
  ASSERT_TRUE(web->awaited());
  EXPECT_EQ(web->awaited()->incarnation, 3);
  EXPECT_THAT(web->awaited()->regexes, ElementsAre("ready"));
  RouterLink::forget_line(*web);
  EXPECT_FALSE(web->awaited());
}

/// Three lines that the sink `files` has not taken yet.
void write_lines(const ServiceLogs& logs) {
  auto ring = *logging::RingMap::open(logs.ring_fd(), base::Access::kReadWrite);
  const auto consumer = *logging::claim_consumer(ring, logging::sink_id_of("files"),
                                                 logging::ConsumerKind::kLapping, nullptr);
  logging::RingWriter writer(ring);
  writer.label_pipe(0, logging::Stream::kStdout, 1);
  const std::string text = "one\ntwo\nthree\n";
  std::copy(text.begin(), text.end(), writer.prepare(0, text.size()));
  writer.commit(0, text.size(), 1);
}

RouterLink::SinksOf sinks(std::vector<std::string> names) {
  return [names = std::move(names)](const ServiceLogs&) { return names; };
}

TEST_F(RouterLinkTest, WithoutADifferenceTheRouterGoesOn) {
  ASSERT_TRUE(link_->add_service({.service_id = 0, .name = "web", .sinks = {"files"}}, 64U << 10U));
  link_->start();
  const pid_t pid = link_->pid();
  ASSERT_TRUE(link_->change(config_, sinks({"files"})));
  EXPECT_EQ(link_->pid(), pid);
  let_router_die();
  EXPECT_EQ(link_->restarts(), 1U) << "it died by itself";
}

TEST_F(RouterLinkTest, AChangeIsAPlannedDeath) {
  ServiceLogs* web =
      *link_->add_service({.service_id = 0, .name = "web", .sinks = {"files"}}, 64U << 10U);
  link_->start();
  config_.host = "another";
  ASSERT_TRUE(link_->change(config_, sinks({"files", "more"})));
  EXPECT_THAT(web->identity().sinks, ElementsAre("files", "more"));
  let_router_die();
  EXPECT_EQ(link_->restarts(), 0U);
  EXPECT_GT(link_->pid(), 0) << "the next one is started at once";
  let_router_die();
}

TEST_F(RouterLinkTest, WhatALostSinkHadNotTakenIsCountedAsRemovedOnce) {
  ServiceLogs* web =
      *link_->add_service({.service_id = 0, .name = "web", .sinks = {"files"}}, 64U << 10U);
  write_lines(*web);
  for (int round = 0; round < 2; ++round) {
    config_.host += "x";
    ASSERT_TRUE(link_->change(config_, sinks({})));
    const SinkStatus status = sink_statuses(*link_, configuration_, "/run").at(0);
    EXPECT_EQ(status.received, 3U);
    EXPECT_EQ(status.dropped.at("removed"), 3U);
    EXPECT_EQ(status.buffered, 0U);
  }
}

TEST_F(RouterLinkTest, TheLogsOfARemovedServiceStayUntilTheyAreDelivered) {
  ServiceLogs* web =
      *link_->add_service({.service_id = 0, .name = "web", .sinks = {"files"}}, 64U << 10U);
  write_lines(*web);
  link_->remove_service(*web);
  config_.host = "a";
  ASSERT_TRUE(link_->change(config_, sinks({"files"})));
  EXPECT_EQ(link_->services().size(), 1U);
  ASSERT_EQ(*link_->add_service({.service_id = 0, .name = "web", .sinks = {}}, 64U << 10U), web)
      << "it has come back";
  link_->remove_service(*web);
  {
    auto ring = *logging::RingMap::open(web->ring_fd(), base::Access::kReadWrite);
    auto consumer = *logging::claim_consumer(ring, logging::sink_id_of("files"),
                                             logging::ConsumerKind::kLapping, nullptr);
    const auto frames = *consumer->peek(1000);
    consumer->commit(logging::RingConsumer::advance(consumer->cursor(), frames.front(),
                                                    frames.front().bytes.size()));
  }
  ASSERT_TRUE(link_->change(config_, sinks({"files"})));
  EXPECT_EQ(link_->services().size(), 0U);
  const SinkStatus status = sink_statuses(*link_, configuration_, "/run").at(0);
  EXPECT_EQ(status.received, 3U);
  EXPECT_EQ(status.delivered, 3U) << "the ledger forgets nothing";
}

TEST_F(RouterLinkTest, TheLedgerSumsTheRingsOfAllServices) {
  for (const char* name : {"web", "db"}) {
    ServiceLogs* logs =
        *link_->add_service({.service_id = 0, .name = name, .sinks = {"files"}}, 64U << 10U);
    write_lines(*logs);
  }
  const std::vector<SinkStatus> statuses = sink_statuses(*link_, configuration_, "/run");
  ASSERT_EQ(statuses.size(), 1U);
  EXPECT_EQ(statuses[0].name, "files");
  EXPECT_EQ(statuses[0].received, 6U);
  EXPECT_EQ(statuses[0].delivered, 0U);
  EXPECT_EQ(statuses[0].buffered, 6U);
}

}  // namespace
}  // namespace supervisor
