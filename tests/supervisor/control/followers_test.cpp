// `events --follow` over real sockets: slow readers cost nothing and lose nothing unsaid. Covers
// supervisor/control/request_reports.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/supervisor/control/server_fixture.h"

namespace supervisor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// One line, or as much of it as came before the end.
std::string read_line(int socket) {
  std::string line;
  char byte = 0;
  while (::recv(socket, &byte, 1, 0) == 1) {
    line += byte;
    if (byte == '\n') {
      break;
    }
  }
  return line;
}

class FollowersTest : public ControlServerTest {
 protected:
  void tell(std::string_view event, std::size_t times = 1) {
    server_->call([&](ControlServer& server) {
      for (std::size_t i = 0; i < times; ++i) {
        port_.event_log.append({.event = event, .service = "web"}, 0);
        server.on_event();
      }
    });
  }
  base::Fd follow(std::string_view request = "events --follow\n") {
    base::Fd socket = connect();
    send_all(socket.get(), request);
    return socket;
  }
};

TEST_F(FollowersTest, WhatIsKeptIsAnsweredAtOnce) {
  serve();
  tell("running", 3);
  EXPECT_THAT(ask("events --since 2\n"), StartsWith("{\"sequence\":3,"));
  EXPECT_EQ(ask("events --since 3\n"), "");
  EXPECT_EQ(ask("events db\n"), "");
  EXPECT_THAT(ask("events nobody\n"), HasSubstr("\"code\":\"not_found\""));
}

TEST_F(FollowersTest, EventsComeWhenTheyHappen) {
  serve();
  tell("running");
  const base::Fd socket = follow();
  EXPECT_THAT(read_line(socket.get()), HasSubstr("\"sequence\":1,"));
  tell("stopped");
  EXPECT_THAT(read_line(socket.get()), HasSubstr("\"event\":\"stopped\""));
}

TEST_F(FollowersTest, AClientThatWillSayNothingMoreIsStillTold) {
  serve();
  const base::Fd socket = follow();
  ::shutdown(socket.get(), SHUT_WR);
  tell("running");
  EXPECT_THAT(read_line(socket.get()), HasSubstr("\"sequence\":1,"));
  tell("stopped");
  EXPECT_THAT(read_line(socket.get()), HasSubstr("\"sequence\":2,"));
}

TEST_F(FollowersTest, OneThatGoesIsForgotten) {
  serve();
  {
    const base::Fd socket = follow();
    tell("running");
    EXPECT_THAT(read_line(socket.get()), HasSubstr("\"sequence\":1,"));
  }
  wait_for_clients(0);
}

TEST_F(FollowersTest, OneThatDoesNotReadIsToldOfTheGap) {
  serve();
  const base::Fd socket = follow();
  tell("first");
  EXPECT_THAT(read_line(socket.get()), HasSubstr("\"sequence\":1,"));
  tell("flood", 20'000);  // far more than the socket, the server and the log hold
  std::uint64_t gaps = 0;
  std::string line;
  do {
    line = read_line(socket.get());
    gaps += line.find("\"event\":\"gap\"") != std::string::npos ? 1U : 0U;
  } while (line.find("\"sequence\":20001,") == std::string::npos);
  EXPECT_GE(gaps, 1U);
}

TEST_F(FollowersTest, ThereAreOnlySoMany) {
  limits_.followers = 2;
  serve();
  tell("running");
  const base::Fd first = follow();
  const base::Fd second = follow();
  EXPECT_THAT(read_line(first.get()), HasSubstr("\"sequence\":1,"));
  EXPECT_THAT(read_line(second.get()), HasSubstr("\"sequence\":1,"));
  EXPECT_THAT(ask("events --follow\n"), HasSubstr("all 2 places are taken"));
  EXPECT_THAT(ask("status db\n"), HasSubstr("\"db\""));
}

TEST_F(FollowersTest, OneThatReadsNothingGivesItsPlaceUp) {
  limits_.followers = 1;
  limits_.reply_ms = 0;
  serve();
  const base::Fd stuck = follow();
  wait_for_clients(1);
  for (int i = 0; i < 50; ++i) {
    tell("flood", 400);  // until the socket is full
  }
  const base::Fd fresh = follow("events --follow --since 19999\n");
  EXPECT_THAT(read_line(fresh.get()), HasSubstr("\"sequence\":20000,"));
}

}  // namespace
}  // namespace supervisor
