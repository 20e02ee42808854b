// The server over real sockets: what it answers. Its parts are
// supervisor/control/request_handler.cpp and supervisor/control/control_connection.cpp; its limits
// are in control_limits_test.cpp.
#include "supervisor/control/control_server.h"
#include "supervisor/control/caller.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/control/request_handler.h"
#include "tests/supervisor/control/server_fixture.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(ControlServerTest, AnswersOneLineAndCloses) {
  serve();
  const std::string answer = ask("status\n");
  EXPECT_THAT(answer, StartsWith("{\"pid\":"));
  EXPECT_EQ(answer.find('\n'), answer.size() - 1);
  EXPECT_THAT(ask("version\n"), HasSubstr("\"version\":\"" BIRL_VERSION "\""));
}

TEST_F(ControlServerTest, SomebodyElseMayWhatTheServiceAllows) {
  RequestHandler handler(port_, access_, limits_);
  const Caller stranger{.is_owner = false, .uid = 5, .groups = {7}};
  const Caller operators{.is_owner = false, .uid = 5, .groups = {7, port_.allowed_group}};
  const auto answer = [&](std::string_view line, const Caller& caller) {
    return handler.handle(line, caller).chunks.at(0).bytes;
  };
  EXPECT_THAT(answer("restart web", operators), StartsWith("{\"ok\":true"));
  EXPECT_THAT(answer("restart web", stranger), HasSubstr("\"code\":\"permission\""));
  for (const char* refused : {"stop web", "restart web db", "restart db", "restart nobody",
                              "reload", "status", "rotate web", "shutdown", "trace"}) {
    EXPECT_THAT(answer(refused, operators), HasSubstr("\"code\":\"permission\"")) << refused;
  }
  EXPECT_EQ(port_.calls, (std::vector<std::string>{"restart web"}));
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

}  // namespace
}  // namespace supervisor
