// The server over real sockets, with clients that are honest, slow, broken, gone or hostile.
#include "supervisor/control/control_server.h"

#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <random>

#include "base/clock.h"
#include "tests/supervisor/control/fake_port.h"
#include "tests/supervisor/control/loop_thread.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::size_t open_fds() {
  std::size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) {
    ++count;
  }
  ::closedir(directory);
  return count;
}

void send_all(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return;  // the server has had enough of this client
    }
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Everything up to the end of the connection.
std::string read_all(int socket) {
  std::string all;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      return all;
    }
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

class ControlServerTest : public testing::Test {
 protected:
  ControlServerTest() {
    ::mkdtemp(directory_.data());
    port_.services["web"] = {.state = "running", .ready = true, .starts = 1, .reason = {}};
    port_.services["db"] = {.state = "stopped", .ready = false, .starts = 0, .reason = {}};
    access_.user = ::geteuid();
  }
  ~ControlServerTest() override {
    server_.reset();
    ::unlink(path().c_str());
    ::rmdir(directory_.c_str());
  }

  void serve() { server_ = std::make_unique<LoopThread>(path(), port_, access_, limits_); }
  std::string path() const { return directory_ + "/control.sock"; }
  base::Fd connect() const {
    auto socket = base::connect_unix(path());
    return socket ? std::move(*socket) : base::Fd();
  }
  std::string ask(std::string_view request) const {
    const base::Fd socket = connect();
    send_all(socket.get(), request);
    return read_all(socket.get());
  }
  std::size_t client_count() {
    std::size_t count = 0;
    server_->call([&](ControlServer& server) { count = server.client_count(); });
    return count;
  }
  /// Each look is a round trip through the server's loop, so this waits for events, not for time.
  void wait_for_clients(std::size_t count) {
    while (client_count() != count) {
    }
  }
  std::vector<std::string> calls() {
    std::vector<std::string> copy;
    server_->call([&](ControlServer&) { copy = port_.calls; });
    return copy;
  }

  void wait_for_call(const std::string& call) {
    while (std::ranges::count(calls(), call) == 0) {
    }
  }

  std::string directory_ = "/tmp/birl_control_XXXXXX";
  FakePort port_;
  ControlAccess access_;
  ControlLimits limits_;
  std::unique_ptr<LoopThread> server_;
};

TEST_F(ControlServerTest, AnswersOneLineAndCloses) {
  serve();
  const std::string answer = ask("status\n");
  EXPECT_THAT(answer, StartsWith("{\"pid\":"));
  EXPECT_EQ(answer.find('\n'), answer.size() - 1);
  EXPECT_THAT(ask("version\n"), HasSubstr("\"version\":\"" BIRL_VERSION "\""));
}

TEST_F(ControlServerTest, StatusOfANameShowsItAlone) {
  serve();
  const std::string answer = ask("status db\n");
  EXPECT_THAT(answer, HasSubstr("\"name\":\"db\""));
  EXPECT_THAT(answer, testing::Not(HasSubstr("\"name\":\"web\"")));
  EXPECT_EQ(
      ask("status weeb\n"),
      "{\"error\":\"cannot find service weeb (did you mean web?)\",\"code\":\"not_found\"}\n");
}

TEST_F(ControlServerTest, ATransitionIsAnsweredWhenItIsFinished) {
  port_.arrives_at_once = false;
  serve();
  const base::Fd socket = connect();
  send_all(socket.get(), "start db\n");
  wait_for_call("start db");
  server_->call([&](ControlServer& server) {
    port_.services["db"] = {.state = "running", .ready = true, .starts = 1, .reason = {}};
    server.on_state_change();
  });
  EXPECT_EQ(read_all(socket.get()),
            "{\"ok\":true,\"services\":[{\"name\":\"db\",\"state\":\"running\"}]}\n");
}

TEST_F(ControlServerTest, ARestartIsNotAnsweredByTheOldRun) {
  port_.arrives_at_once = false;
  limits_.wait_ms = 50;
  serve();
  const base::Fd socket = connect();
  send_all(socket.get(), "restart web\n");
  wait_for_call("restart web");
  server_->call([&](ControlServer& server) {
    port_.services["web"].state = "running";  // as before, the same start
    server.on_state_change();
  });
  EXPECT_THAT(read_all(socket.get()), HasSubstr("\"code\":\"timeout\""));
}

TEST_F(ControlServerTest, AFailedStartTellsWhy) {
  port_.arrives_at_once = false;
  serve();
  const base::Fd socket = connect();
  send_all(socket.get(), "start db\n");
  wait_for_call("start db");
  server_->call([&](ControlServer& server) {
    port_.services["db"] = {
        .state = "backoff", .ready = false, .starts = 1, .reason = "/x: no such file"};
    server.on_state_change();
  });
  EXPECT_EQ(
      read_all(socket.get()),
      "{\"error\":\"cannot start db: /x: no such file\",\"code\":\"unavailable\",\"services\":"
      "[{\"name\":\"db\",\"state\":\"backoff\",\"error\":\"cannot start db: /x: no such "
      "file\"}]}\n");
}

TEST_F(ControlServerTest, NoWaitAnswersAtOnce) {
  port_.arrives_at_once = false;
  serve();
  EXPECT_EQ(ask("stop web --no-wait\n"), "{\"ok\":true}\n");
  EXPECT_THAT(calls(), ElementsAre("stop web"));
}

TEST_F(ControlServerTest, NothingIsDoneWhenOneNameIsUnknown) {
  serve();
  EXPECT_THAT(ask("stop web nosuch\n"), HasSubstr("cannot find service nosuch"));
  EXPECT_THAT(calls(), ElementsAre());
}

TEST_F(ControlServerTest, SignalAndShutdownReachThePort) {
  serve();
  EXPECT_EQ(ask("signal HUP web --group\n"), "{\"ok\":true}\n");
  EXPECT_EQ(ask("shutdown --exit-code 3\n"), "{\"ok\":true}\n");
  EXPECT_THAT(ask("signal NONSENSE web\n"), HasSubstr("\"code\":\"invalid\""));
  EXPECT_THAT(calls(), ElementsAre("signal HUP web group", "shutdown 3", "signal NONSENSE web"));
}

TEST_F(ControlServerTest, LogsCarryReadOnlyDescriptorsInBatches) {
  port_.log_source_count = 40;  // of two services: 80 descriptors in three chunks
  serve();
  const base::Fd socket = connect();
  send_all(socket.get(), "logs\n");
  std::string text;
  std::size_t fds = 0;
  for (;;) {
    auto message = base::receive_message(socket.get());
    if (!message) {
      break;
    }
    text.append(reinterpret_cast<const char*>((*message)->bytes.data()), (*message)->bytes.size());
    for (const base::Fd& fd : (*message)->fds) {
      EXPECT_EQ(::fcntl(fd.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
      ++fds;
    }
  }
  EXPECT_EQ(fds, 80U);
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
  EXPECT_TRUE(text.ends_with("\"more\":false}\n"));
}

TEST_F(ControlServerTest, AFaultIsRefusedUnlessAllowedAtStart) {
  serve();
  EXPECT_EQ(ask("debug-fault abort\n"),
            "{\"error\":\"cannot inject a fault: BIRL_DEBUG_FAULTS=1 was not set at "
            "start\",\"code\":\"permission\"}\n");
}

TEST_F(ControlServerTest, OnlyRootAndTheSameUserAreAnswered) {
  access_.user = ::geteuid() + 1;
  serve();
  const std::string answer = ask("status\n");
  if (::geteuid() == 0) {
    EXPECT_THAT(answer, StartsWith("{\"pid\":"));
  } else {
    EXPECT_THAT(answer, HasSubstr("\"code\":\"permission\""));
  }
}

TEST_F(ControlServerTest, AHalfClosedClientIsAnswered) {
  port_.arrives_at_once = false;
  serve();
  const base::Fd socket = connect();
  send_all(socket.get(), "start db\n");
  ::shutdown(socket.get(), SHUT_WR);
  wait_for_call("start db");
  server_->call([&](ControlServer& server) {
    port_.services["db"] = {.state = "running", .ready = true, .starts = 1, .reason = {}};
    server.on_state_change();
  });
  EXPECT_THAT(read_all(socket.get()), StartsWith("{\"ok\":true"));
}

TEST_F(ControlServerTest, AHalfLineIsRefusedAndNotGuessedAt) {
  serve();
  const base::Fd socket = connect();
  send_all(socket.get(), "shutdown");
  ::shutdown(socket.get(), SHUT_WR);
  EXPECT_EQ(read_all(socket.get()),
            "{\"error\":\"cannot read the request: it does not end with a "
            "newline\",\"code\":\"invalid\"}\n");
  EXPECT_THAT(calls(), ElementsAre());
}

TEST_F(ControlServerTest, ARequestInSingleBytesIsRead) {
  serve();
  const base::Fd socket = connect();
  for (const char c : std::string_view("version\n")) {
    send_all(socket.get(), std::string_view(&c, 1));
    client_count();  // lets the loop see each byte alone
  }
  EXPECT_THAT(read_all(socket.get()), HasSubstr("\"version\""));
}

TEST_F(ControlServerTest, AnEndlessLineIsCutOff) {
  serve();
  EXPECT_THAT(ask(std::string(100'000, 'x')), HasSubstr("longer than 4096 bytes"));
}

TEST_F(ControlServerTest, ASilentClientIsDroppedAfterItsTime) {
  limits_.request_ms = 20;
  serve();
  EXPECT_THAT(ask("stat"), HasSubstr("did not come within 20 ms"));
}

TEST_F(ControlServerTest, AWaitEndsAtItsOwnTimeout) {
  serve();
  EXPECT_EQ(ask("wait db --timeout 20ms\n"),
            "{\"error\":\"cannot wait for db within 20ms: it is stopped\",\"code\":\"timeout\","
            "\"services\":[{\"name\":\"db\",\"state\":\"stopped\",\"error\":\"cannot wait for db "
            "within 20ms: it is stopped\"}]}\n");
}

TEST_F(ControlServerTest, AClientThatLeavesWhileItWaitsIsForgotten) {
  serve();
  {
    const base::Fd socket = connect();
    send_all(socket.get(), "wait db\n");
    wait_for_clients(1);
  }
  wait_for_clients(0);
}

void fill_with_services(FakePort& port, std::size_t count) {
  for (std::size_t index = 0; index < count; ++index) {
    port.services["service-" + std::to_string(index)] = {
        .state = "running", .ready = true, .starts = 1, .reason = std::string(500, 'x')};
  }
}

TEST_F(ControlServerTest, ASlowReaderGetsAllOfALongAnswer) {
  fill_with_services(port_, 3000);
  serve();
  const base::Fd socket = connect();
  send_all(socket.get(), "status\n");
  wait_for_clients(1);
  EXPECT_THAT(ask("version\n"), HasSubstr("version"));  // others are served meanwhile
  const std::string answer = read_all(socket.get());
  EXPECT_GT(answer.size(), 2'000'000U);
  EXPECT_TRUE(answer.ends_with("}\n"));
}

TEST_F(ControlServerTest, AReaderThatStopsIsDropped) {
  fill_with_services(port_, 3000);
  limits_.reply_ms = 20;
  serve();
  const base::Fd socket = connect();
  send_all(socket.get(), "status\n");
  wait_for_clients(0);
  EXPECT_FALSE(read_all(socket.get()).ends_with("}\n"));
}

TEST_F(ControlServerTest, AnAnswerOverTheLimitIsAnError) {
  fill_with_services(port_, 100);
  limits_.reply_bytes = 1000;
  serve();
  EXPECT_THAT(ask("status\n"), HasSubstr("over the limit of 1000"));
}

TEST_F(ControlServerTest, AHundredClientsAtOnceAreAllAnswered) {
  serve();
  const std::size_t before = open_fds();
  std::vector<base::Fd> sockets;
  for (int index = 0; index < 100; ++index) {
    sockets.push_back(connect());
  }
  for (const base::Fd& socket : sockets) {
    send_all(socket.get(), "version\n");
  }
  for (const base::Fd& socket : sockets) {
    EXPECT_THAT(read_all(socket.get()), HasSubstr("version"));
  }
  sockets.clear();
  wait_for_clients(0);
  EXPECT_EQ(open_fds(), before);
}

TEST_F(ControlServerTest, IdleClientsGiveTheirPlacesToNewOnes) {
  limits_.grace_ms = 5;
  serve();
  std::vector<base::Fd> idle;
  for (std::size_t index = 0; index < limits_.clients; ++index) {
    idle.push_back(connect());
  }
  wait_for_clients(limits_.clients);
  EXPECT_THAT(ask("version\n"), HasSubstr("version"));
  EXPECT_THAT(read_all(idle.front().get()), HasSubstr("all 16 places are taken"));
}

TEST_F(ControlServerTest, ThoseWhoWaitGiveWayLast) {
  limits_.grace_ms = 5;
  limits_.clients = 2;
  serve();
  const base::Fd waiting = connect();
  send_all(waiting.get(), "wait db\n");
  wait_for_clients(1);
  const base::Fd idle = connect();
  wait_for_clients(2);
  EXPECT_THAT(ask("version\n"), HasSubstr("version"));
  server_->call([&](ControlServer& server) {
    port_.services["db"] = {.state = "running", .ready = true, .starts = 1, .reason = {}};
    server.on_state_change();
  });
  EXPECT_THAT(read_all(waiting.get()), StartsWith("{\"ok\":true"));
}

/// One hostile client: random bytes, half requests, closes at random places.
void misbehave(int socket, std::mt19937& random) {
  static constexpr std::array<std::string_view, 7> kParts{
      "status", " web", "\n", "\"", "\\x", "stop --timeout ", "\xff"};
  std::string text;
  for (auto part = random() % 8; part > 0; --part) {
    if (random() % 2 == 0) {
      text += kParts[random() % kParts.size()];
    } else {
      text += static_cast<char>(random() % 256);
    }
  }
  send_all(socket, text);
  if (random() % 3 == 0) {
    ::shutdown(socket, SHUT_WR);
  }
  if (random() % 8 == 0) {
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  }
}

TEST_F(ControlServerTest, HostileClientsNeitherDisturbNorLeak) {
  const char* seconds = std::getenv("BIRL_FUZZ_SECONDS");
  const std::uint64_t end_ns =
      base::monotonic_ns() +
      static_cast<std::uint64_t>(seconds == nullptr ? 1 : std::atoi(seconds)) * base::kNsPerSecond;
  limits_.grace_ms = 1;
  serve();
  const std::size_t before = open_fds();
  std::mt19937 random(3);
  while (base::monotonic_ns() < end_ns) {
    std::vector<base::Fd> crowd;
    for (auto client = 1 + random() % 24; client > 0; --client) {
      crowd.push_back(connect());
      misbehave(crowd.back().get(), random);
    }
    crowd.clear();
    ASSERT_THAT(ask("version\n"), HasSubstr("version"));
  }
  wait_for_clients(0);
  EXPECT_EQ(open_fds(), before);
}

}  // namespace
}  // namespace supervisor
