// The server's limits, with clients that are slow, too many, gone or hostile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "base/clock.h"
#include "supervisor/control/control_server.h"
#include "tests/supervisor/control/server_fixture.h"

namespace supervisor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using ControlLimitsTest = ControlServerTest;

TEST_F(ControlLimitsTest, AnEndlessLineIsCutOff) {
  serve();
  EXPECT_THAT(ask(std::string(100'000, 'x')), HasSubstr("longer than 4096 bytes"));
}

TEST_F(ControlLimitsTest, ASilentClientIsDroppedAfterItsTime) {
  limits_.request_ms = 20;
  serve();
  EXPECT_THAT(ask("stat"), HasSubstr("did not come within 20 ms"));
}

TEST_F(ControlLimitsTest, AWaitEndsAtItsOwnTimeout) {
  serve();
  EXPECT_EQ(ask("wait db --timeout 20ms\n"),
            "{\"error\":\"cannot wait for db within 20ms: it is stopped\",\"code\":\"timeout\","
            "\"services\":[{\"name\":\"db\",\"state\":\"stopped\",\"error\":\"cannot wait for db "
            "within 20ms: it is stopped\"}]}\n");
}

TEST_F(ControlLimitsTest, AClientThatLeavesWhileItWaitsIsForgotten) {
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

TEST_F(ControlLimitsTest, ASlowReaderGetsAllOfALongAnswer) {
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

TEST_F(ControlLimitsTest, AReaderThatStopsIsDropped) {
  fill_with_services(port_, 3000);
  limits_.reply_ms = 20;
  serve();
  const base::Fd socket = connect();
  send_all(socket.get(), "status\n");
  wait_for_clients(0);
  EXPECT_FALSE(read_all(socket.get()).ends_with("}\n"));
}

TEST_F(ControlLimitsTest, AnAnswerOverTheLimitIsAnError) {
  fill_with_services(port_, 100);
  limits_.reply_bytes = 1000;
  serve();
  EXPECT_THAT(ask("status\n"), HasSubstr("over the limit of 1000"));
}

TEST_F(ControlLimitsTest, AHundredClientsAtOnceAreAllAnswered) {
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

TEST_F(ControlLimitsTest, IdleClientsGiveTheirPlacesToNewOnes) {
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

TEST_F(ControlLimitsTest, ThoseWhoWaitGiveWayLast) {
  limits_.grace_ms = 0;  // whoever is there has had its time
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

TEST_F(ControlLimitsTest, HostileClientsNeitherDisturbNorLeak) {
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
