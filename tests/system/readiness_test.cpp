// A service waits for another's readiness, told in each of the ways there are.
// Covers supervisor/service_watch.h, supervisor/service_main_process.cpp and
// supervisor/check_runner.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <functional>

#include "base/fd.h"
#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

/// `db`, which does `command` when the test says so, and `web`, which requires it.
std::string db_and_web(const std::string& ready, const std::string& command) {
  return "[service.db]\nready = " + ready + "\ncommand = \"" + command + R"("
[service.web]
requires = ["db"]
command = ["@ACTOR@", "wait"]
)";
}

constexpr const char* kWaitForGo = "until test -e @DIR@/go; do sleep 0.01; done; ";

/// A TCP socket of this process at a port that was free.
class HttpServer {
 public:
  HttpServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), bytes) == 0 &&
        ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &bytes) == 0) {
      port_ = ntohs(address.sin_port);
    }
  }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  void listen() const { ASSERT_EQ(::listen(fd_.get(), 16), 0); }
  /// Answers who waits, if anybody does.
  void answer(const std::string& status) const {
    const base::Fd client(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.valid()) {
      std::array<char, 4096> request{};
      static_cast<void>(::recv(client.get(), request.data(), request.size(), 0));
      const std::string text = "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n";
      static_cast<void>(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL));
    }
  }

 private:
  base::Fd fd_;
  int port_ = 0;
};

class ReadinessTest : public WorldTest {
 protected:
  /// Both are up only after "go".
  static void expect_waits_for_go(const Instance& birl, const std::function<void()>& go) {
    ASSERT_TRUE(birl.wait_state("db", "starting"));
    ASSERT_TRUE(birl.wait_state("web", "waiting"));
    EXPECT_EQ(text_in(birl.service("web"), "reason"), "waits for db, which is starting");
    EXPECT_EQ(birl.service("db")["ready"], false);
    go();
    EXPECT_TRUE(birl.wait_state("db", "running"));
    EXPECT_TRUE(birl.wait_state("web", "running"));
    EXPECT_EQ(birl.service("db")["ready"], true);
  }
  static void expect_waits_for_go(const Instance& birl) {
    expect_waits_for_go(birl, [&] { write_text(birl.directory() / "go", ""); });
  }
};

INSTANTIATE_TEST_SUITE_P(Worlds, ReadinessTest, both_worlds(), name_of_world);

TEST_P(ReadinessTest, ByADescriptor) {
  Instance birl(
      {.config = db_and_web("{ fd = 7 }", std::string(kWaitForGo) + "echo >&7; exec @ACTOR@ wait"),
       .world = world()});
  expect_waits_for_go(birl);
}

TEST_P(ReadinessTest, ByANotification) {
  Instance birl({.config = db_and_web("{ sd_notify = true }",
                                      std::string(kWaitForGo) +
                                          "exec @ACTOR@ notify-and-wait 'STATUS=well\\nREADY=1'"),
                 .world = world()});
  expect_waits_for_go(birl);
}

TEST_P(ReadinessTest, ByANotificationOfAChildThatIsGoneAtOnce) {
  Instance birl(
      {.config = db_and_web("{ sd_notify = true }",
                            std::string(kWaitForGo) + "@ACTOR@ notify READY=1; exec @ACTOR@ wait"),
       .world = world()});
  expect_waits_for_go(birl);
}

TEST_P(ReadinessTest, ByAnAcceptedConnection) {
  const HttpServer server;
  Instance birl({.config = db_and_web("{ tcp = " + server.port() + ", interval = \"20ms\" }",
                                      "exec @ACTOR@ wait"),
                 .world = world()});
  expect_waits_for_go(birl, [&] { server.listen(); });
}

TEST_P(ReadinessTest, ByAnHttpAnswer) {
  const HttpServer server;
  server.listen();
  Instance birl({.config = db_and_web("{ http = \"http://127.0.0.1:" + server.port() +
                                          "/healthz\", interval = \"20ms\" }",
                                      "exec @ACTOR@ wait"),
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("db", "starting"));
  ASSERT_TRUE(eventually([&] {
    server.answer("503 Not Yet");
    return text_in(birl.service("db"), "reason").find("503") != std::string::npos;
  }));
  EXPECT_EQ(birl.state("web"), "waiting");
  EXPECT_TRUE(eventually([&] {
    server.answer("200 OK");
    return birl.state("web") == "running";
  }));
}

TEST_P(ReadinessTest, ByACommand) {
  Instance birl({.config = db_and_web("{ command = \"test -e @DIR@/go\", interval = \"20ms\" }",
                                      "exec @ACTOR@ wait"),
                 .world = world()});
  expect_waits_for_go(birl);
}

TEST_P(ReadinessTest, ByAFile) {
  Instance birl(
      {.config = db_and_web("{ file = \"@DIR@/go\", interval = \"20ms\" }", "exec @ACTOR@ wait"),
       .world = world()});
  expect_waits_for_go(birl);
}

constexpr const char* kSayListening = "echo warming up; echo listening on port 80 >&2; ";
constexpr const char* kLogLine = R"({ log_line = '^listening on port \d+$' })";

TEST_P(ReadinessTest, ByALogLine) {
  Instance birl(
      {.config = db_and_web(kLogLine, std::string("echo listening on port x; ") + kWaitForGo +
                                          kSayListening + "exec @ACTOR@ wait"),
       .world = world()});
  expect_waits_for_go(birl);
}

TEST_P(ReadinessTest, ByALogLineAlsoWhenTheRouterIsKilledMeanwhile) {
  Instance birl({.config = db_and_web(
                     kLogLine, std::string(kWaitForGo) + kSayListening + "exec @ACTOR@ wait"),
                 .world = world()});
  expect_waits_for_go(birl, [&] {
    for (int kills = 0; kills < 3; ++kills) {
      ASSERT_TRUE(eventually([&] {
        const auto router = birl.router_pid();  // perhaps of one that has just ended
        return router && ::kill(*router, SIGKILL) == 0;
      }));
      write_text(birl.directory() / "go", "");
    }
  });
}

TEST_P(ReadinessTest, ALogLineOfAnEarlierRunDoesNotCount) {
  Instance birl({.config = R"(
[service.db]
ready = { log_line = "listening" }
backoff = { initial = "1ms" }
command = "test -e @DIR@/go && exec @ACTOR@ wait; echo listening; exec @ACTOR@ wait"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("db", "running"));
  write_text(birl.directory() / "go", "");
  ASSERT_EQ(::kill(*birl.service_pid("db"), SIGKILL), 0);
  ASSERT_TRUE(eventually(
      [&] { return birl.state("db") == "starting" && birl.service("db")["restarts"] == 1; }));
  EXPECT_TRUE(throughout([&] { return birl.state("db") == "starting"; }, 200ms));
}

TEST_P(ReadinessTest, ALogLineThatDoesNotComeIsAFailedStart) {
  Instance birl({.config = R"(
[service.db]
restart = "never"
ready = { log_line = "listening", timeout = "200ms" }
command = "echo not yet; exec @ACTOR@ wait"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("db", "failed"));
  EXPECT_THAT(text_in(birl.service("db"), "reason"), HasSubstr("not ready within"));
}

TEST_P(ReadinessTest, OneThatIsNeverReadyKeepsTheOtherDownWithTheReason) {
  Instance birl({.config = R"(
[service.db]
restart = "never"
ready = { file = "@DIR@/never", timeout = "200ms", interval = "20ms" }
command = ["@ACTOR@", "wait"]
[service.web]
requires = ["db"]
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("db", "failed"));
  ASSERT_TRUE(eventually([&] {
    return text_in(birl.service("web"), "reason").find("has failed") != std::string::npos;
  }));
  EXPECT_EQ(birl.state("web"), "waiting");
  EXPECT_THAT(text_in(birl.service("web"), "reason"),
              HasSubstr("requires db, which has failed: not ready within"));
}

TEST_P(ReadinessTest, ByANotificationOverAnAbstractSocket) {
  Instance birl(
      {.config = "[service.db]\nnotify_via = \"abstract\"\n" +
                 db_and_web("{ sd_notify = true }", std::string(kWaitForGo) +
                                                        "case $NOTIFY_SOCKET in @*) exec @ACTOR@ "
                                                        "notify-and-wait READY=1;; esac")
                     .substr(std::string("[service.db]\n").size()),
       .world = world()});
  expect_waits_for_go(birl);
}

/// A daemon that forks: what was started ends, or stays to wait for its child.
class MainPidTest : public WorldTest {
 protected:
  static std::string daemon(const std::string& what) {
    return "[service.db]\nready = { sd_notify = true }\nbackoff = { initial = \"1ms\" }\n"
           "command = [\"@ACTOR@\", \"notify-as-daemon\", \"" +
           what + "\"]\n";
  }
  /// Its end is the service's end; a stop ends it.
  static void expect_is_main(const Instance& birl) {
    ASSERT_TRUE(birl.wait_state("db", "running"));
    const auto main = birl.service_pid("db");
    ASSERT_TRUE(main);
    EXPECT_EQ(birl.service("db")["restarts"], 0);
    ASSERT_EQ(::kill(*main, SIGKILL), 0);
    ASSERT_TRUE(eventually(
        [&] { return birl.service("db")["restarts"] == 1 && birl.state("db") == "running"; }));
    const auto second = birl.service_pid("db");
    ASSERT_TRUE(second && second != main);
    EXPECT_EQ(birl.cli({"stop", "db"}).code, 0);
    EXPECT_FALSE(is_running(*second));
  }
};

INSTANTIATE_TEST_SUITE_P(Worlds, MainPidTest, both_worlds(), name_of_world);

TEST_P(MainPidTest, AForkWhoseParentEndsIsSupervised) {
  Instance birl({.config = daemon("end"), .world = world()});
  expect_is_main(birl);
}

TEST_P(MainPidTest, AForkWhoseParentStaysIsSupervised) {
  Instance birl({.config = daemon("stay"), .world = world()});
  expect_is_main(birl);
}

TEST_P(MainPidTest, AStrangersPidIsNotTaken) {
  Instance birl({.config = R"(
[service.other]
command = ["@ACTOR@", "wait"]
[service.db]
requires = ["other"]
ready = { sd_notify = true }
command = "exec @ACTOR@ notify-and-wait 'MAINPID=2\nREADY=1' \"MAINPID=$PPID\" MAINPID=4000000"
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("db", "running"));
  EXPECT_TRUE(eventually([&] {
    return birl.stderr_text().find("MAINPID=4000000 is not taken: there is no such process") !=
           std::string::npos;
  }));
  const auto pid = birl.service_pid("db");
  ASSERT_TRUE(pid);
  ASSERT_EQ(::kill(*pid, SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return birl.service("db")["restarts"] == 1; }));
}

TEST_P(ReadinessTest, LiesAndGarbageAreNotHeard) {
  Instance birl({.config = R"(
[service.a]
ready = { sd_notify = true }
command = ["@ACTOR@", "wait"]
[service.liar]
environment = { NOTIFY_SOCKET = "@DIR@/run/notify.0" }
command = ["@ACTOR@", "notify-often", "@DIR@/enough", "READY=1"]
[service.noise]
environment = { NOTIFY_SOCKET = "@DIR@/run/notify.0" }
command = ["@ACTOR@", "notify-often", "@DIR@/enough", "\u0001=\n=\nREADY\nMAINPID=x\nWATCHDOG_USEC=-1"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("liar", "running"));
  ASSERT_TRUE(birl.wait_state("noise", "running"));
  EXPECT_TRUE(throughout([&] { return birl.state("a") == "starting"; }, 200ms));
  write_text(birl.directory() / "enough", "");
  EXPECT_EQ(birl.cli({"version"}).code, 0);
}

TEST(ReadinessOnceTest, ChecksLeaveNoDescriptorBehind) {
  Instance birl({.config = R"(
[service.db]
ready = { command = "echo x >> @DIR@/checks; exit 1", interval = "10ms" }
command = ["@ACTOR@", "wait"]
)"});
  const auto checks = [&] { return lines_of(read_text(birl.directory() / "checks")).size(); };
  ASSERT_TRUE(eventually([&] { return checks() >= 3; }));
  const std::size_t before = count_descriptors(birl.pid());
  ASSERT_TRUE(eventually([&] { return checks() >= 23; }));
  EXPECT_LE(count_descriptors(birl.pid()), before + 4);  // one check may be under way
}

TEST(ReadinessOnceTest, AHangingCheckIsKilled) {
  Instance birl({.config = R"(
[service.db]
health = { command = "echo $$ >> @DIR@/pids; exec sleep 1000", interval = "10ms", timeout = "100ms", failures = 2, then = "none" }
command = ["@ACTOR@", "wait"]
)"});
  const auto pids = [&] { return lines_of(read_text(birl.directory() / "pids")); };
  ASSERT_TRUE(eventually([&] { return pids().size() >= 3; }));
  const pid_t first = static_cast<pid_t>(std::stol(pids().front()));
  EXPECT_TRUE(eventually([&] { return !is_running(first); }));
  EXPECT_EQ(birl.service("db")["healthy"], false);
  EXPECT_THAT(text_in(birl.service("db"), "reason"), HasSubstr("no answer within 100ms"));
}

}  // namespace
}  // namespace support
