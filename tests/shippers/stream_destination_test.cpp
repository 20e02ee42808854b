// Byte streams and datagrams against strict receivers: TCP, TLS, UDP, Unix sockets.
#include "shippers/stream/stream_destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <map>
#include <thread>

#include "shippers/logstash/json_lines_format.h"
#include "shippers/stream/connection.h"
#include "shippers/stream/curl_connection.h"
#include "shippers/stream/socket_connection.h"
#include "shippers/syslog/stream_sinks.h"
#include "shippers/vendors/vendors.h"
#include "tests/support/fake_stream.h"
#include "tests/support/strict_syslog.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tls_front.h"

namespace shippers {
namespace {

using support::FakeStream;
using support::TestCertificate;
using support::TlsFront;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Act = FakeStream::Act;
using Kind = FakeStream::Kind;

class StreamDestinationTest : public testing::Test {
 protected:
  StreamDestinationTest() {
    ::signal(SIGPIPE, SIG_IGN);  // as the router does
    config.type = logging::SinkType::kSyslog;
    config.network.timeout = base::seconds(20);
  }

  void make() {
    destination = std::move(*make_stream_destination(config));
    destination->set_answer([this](std::uint64_t id, Outcome outcome) {
      const std::scoped_lock lock(mutex);
      answers.emplace(id, std::move(outcome));
      arrived.notify_all();
    });
  }
  void send(std::uint64_t id, const std::vector<std::string>& lines) {
    std::vector<std::string> texts;
    for (const std::string& line : lines) {
      std::string key;
      texts.emplace_back();
      destination->encode(
          {.service = "app", .host = "h", .time_ns = 1'704'164'645'000'000'000, .text = line}, key,
          texts.back());
    }
    std::vector<SpoolEvent> events;
    for (const std::string& text : texts) {
      events.push_back({.key = "", .text = text});
    }
    destination->send(id, events);
  }
  Outcome answer_to(std::uint64_t id) {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return answers.contains(id); });
    return answers.at(id);
  }
  Outcome send_and_hurry(std::uint64_t id, const std::vector<std::string>& lines) {
    send(id, lines);
    destination->hurry();
    return answer_to(id);
  }
  static std::vector<std::string> texts_of(const FakeStream& server) {
    std::vector<std::string> texts;
    for (const std::string& message : server.messages()) {
      const auto parsed = support::parse_rfc5424(message);
      EXPECT_EQ(parsed.problem, "");
      texts.push_back(parsed.text);
    }
    return texts;
  }

  logging::SinkConfig config;
  std::unique_ptr<Destination> destination;
  std::mutex mutex;
  std::condition_variable arrived;
  std::map<std::uint64_t, Outcome> answers;
};

TEST_F(StreamDestinationTest, OctetsAreCountedOverTcpAndOneConnectionConfirmsSeveralRequests) {
  FakeStream server({.framing = FakeStream::Framing::kOctet});
  config.syslog.address = server.address();
  make();
  send(1, {"one", "two"});
  send(2, {""});
  EXPECT_EQ(send_and_hurry(3, {"four"}).verdict, Verdict::kAccepted);
  EXPECT_EQ(answer_to(1).verdict, Verdict::kAccepted);
  EXPECT_THAT(texts_of(server), ElementsAre("one", "two", "", "four"));
  EXPECT_EQ(send_and_hurry(4, {"five"}).verdict, Verdict::kAccepted);
  EXPECT_THAT(server.problems(), IsEmpty());
}

TEST_F(StreamDestinationTest, NewlinesEndMessagesWhereAskedFor) {
  FakeStream server({.framing = FakeStream::Framing::kNewline});
  config.syslog.address = server.address();
  config.syslog.framing = logging::Framing::kNewline;
  make();
  EXPECT_EQ(send_and_hurry(1, {"one", "two"}).verdict, Verdict::kAccepted);
  EXPECT_THAT(texts_of(server), ElementsAre("one", "two"));
}

TEST_F(StreamDestinationTest, ADatagramIsAMessage) {
  const test_support::TemporaryDirectory directory;
  FakeStream udp({.kind = Kind::kUdp});
  FakeStream local({.kind = Kind::kUnixDatagrams, .path = directory / "log"});
  for (FakeStream* server : {&udp, &local}) {
    config.syslog.address = server->address();
    answers.clear();
    make();
    send(1, {"one", "two"});
    EXPECT_EQ(answer_to(1).verdict, Verdict::kAccepted);
    while (server->messages().size() < 2) {
      std::this_thread::yield();  // they are in the receiver's socket, its thread is on its way
    }
    EXPECT_THAT(texts_of(*server), ElementsAre("one", "two"));
  }
}

TEST_F(StreamDestinationTest, AUnixStreamIsFoundBehindItsPath) {
  const test_support::TemporaryDirectory directory;
  FakeStream server({.kind = Kind::kUnixStream, .path = directory / "log"});
  config.syslog.address = server.address();
  make();
  EXPECT_EQ(send_and_hurry(1, {"one", "two"}).verdict, Verdict::kAccepted);
  EXPECT_THAT(texts_of(server), ElementsAre("one", "two"));
}

TEST_F(StreamDestinationTest, TlsIsCheckedAndEndsWithCloseNotify) {
  const test_support::TemporaryDirectory directory;
  const TestCertificate certificate(directory.path());
  FakeStream server({.framing = FakeStream::Framing::kOctet});
  TlsFront front(certificate, server.port());
  config.syslog.address = "tls://127.0.0.1:" + std::to_string(front.port());
  config.network.tls.ca_file = certificate.cert_file;
  make();
  const std::string large(8000, 'x');
  for (std::uint64_t id = 1; id <= 5; ++id) {
    EXPECT_EQ(send_and_hurry(id, std::vector<std::string>(30, large)).verdict, Verdict::kAccepted);
  }
  EXPECT_EQ(server.messages().size(), 150U);
  EXPECT_THAT(server.problems(), IsEmpty());
  EXPECT_THAT(front.problems(), IsEmpty());
}

TEST_F(StreamDestinationTest, ACertificateThatIsNotTrustedParks) {
  const test_support::TemporaryDirectory directory;
  const TestCertificate certificate(directory.path(), TestCertificate::State::kExpired);
  FakeStream server({});
  TlsFront front(certificate, server.port());
  config.syslog.address = "tls://127.0.0.1:" + std::to_string(front.port());
  config.network.tls.ca_file = certificate.cert_file;
  make();
  const Outcome outcome = send_and_hurry(1, {"secret"});
  EXPECT_EQ(outcome.verdict, Verdict::kPark);
  EXPECT_THAT(outcome.reason, HasSubstr("cannot connect to tls://127.0.0.1:"));
  EXPECT_THAT(outcome.reason, HasSubstr("expired"));
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(StreamDestinationTest, WhatAReceiverDidNotStoreIsToBeSentAgain) {
  FakeStream server({.framing = FakeStream::Framing::kOctet});
  server.script({Act::kReset});
  config.syslog.address = server.address();
  make();
  EXPECT_EQ(send_and_hurry(1, std::vector<std::string>(900, "line")).verdict, Verdict::kRetry);
  answers.clear();
  EXPECT_EQ(send_and_hurry(1, {"again"}).verdict, Verdict::kAccepted);
}

TEST_F(StreamDestinationTest, AReceiverThatHangsOrStaysIsNotBelieved) {
  config.network.timeout = base::milliseconds(50);
  for (const Act act : {Act::kHang, Act::kNeverClose}) {
    FakeStream server({.framing = FakeStream::Framing::kOctet});
    server.set_usual(act);
    config.syslog.address = server.address();
    answers.clear();
    make();
    EXPECT_EQ(send_and_hurry(1, {"line"}).verdict, Verdict::kRetry);
  }
}

TEST_F(StreamDestinationTest, WhereNobodyListensItIsSaid) {
  std::string tcp;
  std::string udp;
  {
    tcp = FakeStream({.kind = Kind::kTcp}).address();
    udp = FakeStream({.kind = Kind::kUdp}).address();
  }
  for (const std::string& address : {tcp, udp, std::string("unix:/nowhere/log")}) {
    config.syslog.address = address;
    answers.clear();
    make();
    const Outcome outcome = send_and_hurry(1, {"line"});
    EXPECT_EQ(outcome.verdict, Verdict::kRetry) << address;
    EXPECT_THAT(outcome.reason, HasSubstr("cannot ")) << address;
  }
}

TEST_F(StreamDestinationTest, ADestinationThatGoesAwayWaitsForNothing) {
  FakeStream server({});
  server.set_usual(Act::kHang);
  config.syslog.address = server.address();
  make();
  send(1, {"line"});
  destination.reset();
  EXPECT_TRUE(answers.empty());
}

TEST_F(StreamDestinationTest, LimitsAreThoseOfThePreset) {
  config.syslog.address = "udp://h";
  EXPECT_EQ((*make_stream_destination(config))->limits().event_bytes, 1024U);
  config.syslog.address = "tls://h";
  EXPECT_EQ((*make_stream_destination(config))->limits().event_bytes, 8192U);
  config.syslog.message_bytes = base::ByteCount{480};
  EXPECT_EQ((*make_stream_destination(config))->limits().event_bytes, 480U);
  EXPECT_EQ(JsonLinesFormat().limits().event_bytes, 1'000'000U);
  config.type = logging::SinkType::kPapertrail;
  config.papertrail.address = "tls://h:1";
  EXPECT_EQ((*make_stream_destination(config))->limits().event_bytes, 100'000U);
  config.type = logging::SinkType::kLogentries;
  EXPECT_LT((*make_stream_destination(config))->limits().event_bytes, 32U * 1024);
  config.logentries.address = "nonsense";
  EXPECT_FALSE(make_stream_destination(config));
  EXPECT_FALSE(is_http_vendor(config));
  config.logentries.address = "https://us.webhook.logs.insight.rapid7.com";
  EXPECT_TRUE(is_http_vendor(config));
}

}  // namespace
}  // namespace shippers
