// Syslog and its relatives from outside: strict receivers that fail in every way. Real ones:
// syslog_receivers_test.cpp.
// What holds always: every line arrives, and the ledger is exact.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "tests/support/fake_stream.h"
#include "tests/support/instance.h"
#include "tests/support/strict_syslog.h"
#include "tests/support/tls_front.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Act = FakeStream::Act;
using Kind = FakeStream::Kind;

constexpr int kLines = 300;

std::string config_for(const std::string& address, const std::string& more = "") {
  return R"(
[birl]
state_directory = "@DIR@/state"
host = "testhost"
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.talker]
type = "oneshot"
log = ["remote"]
command = "i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo line $i; done"
[sink.remote]
type = "syslog"
address = ")" +
         address + R"("
batch = {linger = "10ms"}
retry = {initial = "20ms", max = "100ms"}
)" + more;
}

/// Ten lines a request.
std::string with_small_batches(const std::string& address) {
  std::string config = config_for(address);
  return config.replace(config.find("{linger"), 1, "{records = 10, ");
}

/// What is in the messages, each of which keeps RFC 5424.
std::set<std::string> texts_of(const std::vector<std::string>& messages) {
  std::set<std::string> texts;
  for (const std::string& message : messages) {
    const SyslogMessage parsed = parse_rfc5424(message);
    EXPECT_EQ(parsed.problem, "");
    EXPECT_EQ(parsed.priority, 14);
    EXPECT_EQ(parsed.host, "testhost");
    EXPECT_EQ(parsed.app, "talker");
    texts.insert(parsed.text);
  }
  return texts;
}

bool is_settled(const Instance& birl) {
  const Json sink = birl.sink("remote");
  return sink.is_object() && sink["received"] == kLines && sink["buffered"] == 0;
}

void expect_ledger(const Instance& birl) {
  ASSERT_TRUE(eventually([&] { return is_settled(birl); }));
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("remote")["delivered"], kLines);
  EXPECT_EQ(birl.sink("remote")["state"], "ok");
}

void expect_all_delivered(const Instance& birl, const FakeStream& server) {
  expect_ledger(birl);
  const auto texts = texts_of(server.messages());
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(kLines));
  EXPECT_TRUE(texts.contains("line 1") && texts.contains("line 300"));
}

TEST(SyslogTest, EveryLineArrivesOnceAndInOrderWhenNothingFails) {
  FakeStream server({.framing = FakeStream::Framing::kOctet});
  Instance birl({.config = config_for(server.address())});
  expect_all_delivered(birl, server);
  const auto messages = server.messages();
  ASSERT_EQ(messages.size(), static_cast<std::size_t>(kLines));
  for (int line = 0; line < kLines; ++line) {
    EXPECT_THAT(messages[static_cast<std::size_t>(line)],
                testing::EndsWith(" - - - line " + std::to_string(line + 1)));
  }
  EXPECT_THAT(server.problems(), IsEmpty());
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

TEST(SyslogTest, TheOldRfcGoesToALocalDaemonInDatagrams) {
  const TempDirectory directory;
  FakeStream server({.kind = Kind::kUnixDatagrams, .path = directory / "log"});
  Instance birl({.config = config_for(server.address(), "rfc = 3164\nfacility = \"local3\"\n")});
  expect_ledger(birl);
  ASSERT_TRUE(eventually([&] { return server.messages().size() == kLines; }));
  const SyslogMessage last = parse_rfc3164(server.messages().back());
  EXPECT_EQ(last.problem, "");
  EXPECT_EQ(last.priority, 19 * 8 + 6);
  EXPECT_EQ(last.app, "talker");
  EXPECT_EQ(last.text, "line 300");
}

struct Trouble {
  const char* name;
  std::vector<Act> script;
  const char* more = "";
};

void PrintTo(const Trouble& trouble, std::ostream* out) {
  *out << trouble.name;
}

class SyslogOutageTest : public testing::TestWithParam<Trouble> {};

INSTANTIATE_TEST_SUITE_P(
    Ways, SyslogOutageTest,
    testing::Values(Trouble{"reset in the middle", {Act::kReset, Act::kReset, Act::kReset}},
                    Trouble{"slow", {Act::kSlow, Act::kSlow}},
                    Trouble{"hanging", {Act::kHang}, "timeout = \"200ms\"\n"},
                    Trouble{"never closing", {Act::kNeverClose}, "timeout = \"200ms\"\n"}));

TEST_P(SyslogOutageTest, EveryLineArrivesInTheEnd) {
  FakeStream server({.framing = FakeStream::Framing::kOctet});
  server.script(GetParam().script);
  Instance birl({.config = config_for(server.address(), GetParam().more)});
  expect_all_delivered(birl, server);
}

TEST(SyslogTest, AReceiverThatIsNotThereYetGetsEverythingLater) {
  std::uint16_t port = 0;
  {
    const FakeStream reserved({});
    port = reserved.port();
  }
  Instance birl({.config = config_for("tcp://127.0.0.1:" + std::to_string(port))});
  ASSERT_TRUE(birl.wait_state("talker", "done"));
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "retrying"; }));
  EXPECT_THAT(text_in(birl.sink("remote"), "last_error"), HasSubstr("cannot connect to tcp://"));
  expect_exact_ledger(birl);
  const FakeStream server({.framing = FakeStream::Framing::kOctet, .port = port});
  expect_all_delivered(birl, server);
}

TEST(SyslogTest, AReceiverThatDiesAgainAndAgainHasStoredEveryLineInTheEnd) {
  std::uint16_t port = 0;
  {
    const FakeStream reserved({});
    port = reserved.port();
  }
  Instance birl({.config = with_small_batches("tcp://127.0.0.1:" + std::to_string(port))});
  std::set<std::string> texts;
  for (int life = 0; life < 200 && texts.size() < kLines; ++life) {
    FakeStream server({.framing = FakeStream::Framing::kOctet, .port = port});
    const std::size_t some = 1 + static_cast<std::size_t>(life) % 40;
    ASSERT_TRUE(eventually([&] { return server.messages().size() >= some || is_settled(birl); }));
    server.stop();
    texts.merge(texts_of(server.messages()));
  }
  const FakeStream server({.framing = FakeStream::Framing::kOctet, .port = port});
  expect_ledger(birl);
  texts.merge(texts_of(server.messages()));
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(kLines));
}

/// The certificate is for the address: shippers/http/tls_address.h, in the static file
/// shippers/http/tls_address_mbedtls.cpp.
TEST(SyslogTest, AnExpiredCertificateParksAndOneThatIsRenewedIsTaken) {
  const TempDirectory directory;
  const FakeStream server({.framing = FakeStream::Framing::kOctet});
  const TestCertificate expired(directory.path(), TestCertificate::State::kExpired);
  std::uint16_t port = 0;
  {
    const FakeStream reserved({});
    port = reserved.port();
  }
  Instance birl({.config = config_for("tls://127.0.0.1:" + std::to_string(port),
                                      "tls = {ca_file = \"" + expired.cert_file + "\"}\n")});
  // Behind the instance, whose helpers inherit what is open: a port that is given up must be free.
  auto front = std::make_unique<TlsFront>(expired, server.port(), port);
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "parked"; }));
  EXPECT_THAT(text_in(birl.sink("remote"), "last_error"),
              AnyOf(HasSubstr("expired"), HasSubstr("EXPIRED")));  // OpenSSL, mbedTLS
  EXPECT_THAT(server.messages(), IsEmpty());
  front.reset();
  const TestCertificate renewed(directory.path());
  const TlsFront again(renewed, server.port(), port);
  expect_all_delivered(birl, server);
  EXPECT_THAT(again.problems(), IsEmpty());
}

TEST(SyslogTest, ATokenOfLogentriesLeadsEachLineAndIsNowhereElse) {
  FakeStream server({});
  const std::string token = "11111111-2222-3333-4444-555555555555";
  std::string config = config_for(server.address());
  const std::size_t type = config.find("\"syslog\"");
  config.replace(type, 8, "\"logentries\"");
  Instance birl({.config = config + "token = \"" + token + "\"\nconfirm = \"close\"\n"});
  expect_ledger(birl);
  std::set<std::string> texts;
  for (const std::string& message : server.messages()) {
    ASSERT_TRUE(message.starts_with(token + " {")) << message;
    texts.insert(Json::parse(message.substr(token.size() + 1))["message"]);
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(kLines));
  EXPECT_THAT(birl.status().dump(), Not(HasSubstr(token)));
}

}  // namespace
}  // namespace support
