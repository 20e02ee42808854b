// Logstash from outside, over each of its protocols, with receivers that fail in every way. What
// holds always: every line arrives, and the ledger is exact.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/support/fake_http.h"
#include "tests/support/fake_lumberjack.h"
#include "tests/support/fake_stream.h"
#include "tests/support/instance.h"
#include "tests/support/tls_front.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Act = FakeLumberjack::Act;

constexpr int kLines = 300;

std::string config_for(const std::string& address, const std::string& protocol,
                       const std::string& more = "") {
  return R"(
[birl]
state_directory = "@DIR@/state"
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.talker]
type = "oneshot"
log = ["remote"]
command = "i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo line $i; done"
[sink.remote]
type = "logstash"
address = ")" +
         address + "\"\nprotocol = \"" + protocol + R"("
batch = {linger = "10ms", records = 50}
retry = {initial = "20ms", max = "100ms"}
timeout = "500ms"
)" + more;
}

std::set<std::string> messages_of(const std::vector<std::string>& events) {
  std::set<std::string> messages;
  for (const std::string& event : events) {
    messages.insert(Json::parse(event)["message"].get<std::string>());
  }
  return messages;
}

void expect_delivered(const Instance& birl) {
  ASSERT_TRUE(eventually([&] {
    const Json sink = birl.sink("remote");
    return sink.is_object() && sink["received"] == kLines && sink["buffered"] == 0;
  }));
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("remote")["delivered"], kLines);
  EXPECT_EQ(birl.sink("remote")["state"], "ok");
}

void expect_all(const std::vector<std::string>& events) {
  const auto messages = messages_of(events);
  EXPECT_EQ(messages.size(), static_cast<std::size_t>(kLines));
  EXPECT_TRUE(messages.contains("line 1") && messages.contains("line 300"));
}

TEST(LogstashTest, JsonLinesArriveOverTcp) {
  FakeStream server({});
  Instance birl({.config = config_for(server.address(), "tcp")});
  expect_delivered(birl);
  expect_all(server.messages());
  EXPECT_EQ(server.messages().size(), static_cast<std::size_t>(kLines));
}

TEST(LogstashTest, AnArrayArrivesOverHttpAlsoWhenItsQueueIsFull) {
  FakeHttp server;
  server.script({{.status = 429}, {.status = 500, .body = "java.lang"}, {.status = 401}});
  Instance birl({.config = config_for(server.url(), "http")});
  expect_delivered(birl);
  std::set<std::string> messages;
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.headers.at("content-type"), "application/json");
    for (const Json& event : Json::parse(request.body)) {
      messages.insert(request.status == 200 ? event["message"].get<std::string>() : "");
    }
  }
  messages.erase("");
  EXPECT_EQ(messages.size(), static_cast<std::size_t>(kLines));
  EXPECT_THAT(server.problems(), IsEmpty());
}

TEST(LogstashTest, LumberjackArrivesOnceWhenNothingFails) {
  for (const char* compress : {"none", "gzip"}) {
    FakeLumberjack server;
    Instance birl({.config = config_for(server.address(), "lumberjack",
                                        std::string("compress = \"") + compress + "\"\n")});
    expect_delivered(birl);
    expect_all(server.events());
    EXPECT_EQ(server.events().size(), static_cast<std::size_t>(kLines));
    EXPECT_EQ(server.compressed_windows() > 0, std::string(compress) == "gzip");
    EXPECT_THAT(server.problems(), IsEmpty());
    EXPECT_EQ(birl.stop(), 128 + SIGTERM);
  }
}

struct Trouble {
  const char* name;
  std::vector<Act> script;
};

void PrintTo(const Trouble& trouble, std::ostream* out) {
  *out << trouble.name;
}

class LumberjackOutageTest : public testing::TestWithParam<Trouble> {};

INSTANTIATE_TEST_SUITE_P(
    Ways, LumberjackOutageTest,
    testing::Values(Trouble{"in parts", {Act::kInParts}},
                    Trouble{"half, then closed", {Act::kHalfAndClose, Act::kHalfAndClose}},
                    Trouble{"still at work", {Act::kKeepAlive}},
                    Trouble{"closed without an answer", {Act::kClose, Act::kClose}},
                    Trouble{"reset", {Act::kReset, Act::kReset}}, Trouble{"hanging", {Act::kHang}},
                    Trouble{"acknowledging too much", {Act::kTooMuch}}));

TEST_P(LumberjackOutageTest, EveryEventArrivesInTheEnd) {
  FakeLumberjack server;
  server.script(GetParam().script);
  Instance birl({.config = config_for(server.address(), "lumberjack")});
  expect_delivered(birl);
  expect_all(server.events());
  EXPECT_THAT(server.problems(), IsEmpty());
}

TEST(LogstashTest, LumberjackArrivesOverTls) {
  const TempDirectory directory;
  FakeLumberjack server;
  const TestCertificate certificate(directory.path());
  const TlsFront front(certificate, server.port());
  Instance birl(
      {.config = config_for("tls://127.0.0.1:" + std::to_string(front.port()), "lumberjack",
                            "tls = {ca_file = \"" + certificate.cert_file + "\"}\n")});
  expect_delivered(birl);
  expect_all(server.events());
}

TEST(LogstashTest, AReceiverThatDiesAgainAndAgainHasEveryEventInTheEnd) {
  std::uint16_t port = 0;
  {
    const FakeLumberjack reserved;
    port = reserved.port();
  }
  Instance birl({.config = config_for("tcp://127.0.0.1:" + std::to_string(port), "lumberjack")});
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "retrying"; }));
  EXPECT_THAT(text_in(birl.sink("remote"), "last_error"), HasSubstr("cannot connect to tcp://"));
  std::vector<std::string> events;
  for (int life = 0; life < 3; ++life) {
    FakeLumberjack server(port);
    server.script({Act::kHalfAndClose});
    ASSERT_TRUE(eventually([&] { return !server.events().empty(); }));
    server.stop();
    const auto stored = server.events();
    events.insert(events.end(), stored.begin(), stored.end());
  }
  const FakeLumberjack server(port);
  expect_delivered(birl);
  const auto stored = server.events();
  events.insert(events.end(), stored.begin(), stored.end());
  expect_all(events);
}

}  // namespace
}  // namespace support
