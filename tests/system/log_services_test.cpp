// Log services and collectors from outside, against strict receivers: what holds always is that
// every line arrives and the ledger is exact.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <set>
#include <sstream>

#include "tests/support/fake_forward.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stream.h"
#include "tests/support/instance.h"
#include "tests/support/strict_gelf.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Act = FakeForward::Act;

constexpr int kLines = 300;

std::string config_for(const std::string& type, const std::string& keys) {
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
type = ")" +
         type + R"("
batch = {linger = "10ms", records = 50}
retry = {initial = "20ms", max = "100ms"}
timeout = "500ms"
)" + keys;
}

void expect_settled(const Instance& birl) {
  ASSERT_TRUE(eventually([&] {
    const Json sink = birl.sink("remote");
    return sink.is_object() && sink["received"] == kLines && sink["buffered"] == 0;
  }));
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("remote")["delivered"], kLines);
  EXPECT_EQ(birl.sink("remote")["state"], "ok");
}

void expect_all(const std::set<std::string>& messages) {
  EXPECT_EQ(messages.size(), static_cast<std::size_t>(kLines));
  EXPECT_TRUE(messages.contains("line 1") && messages.contains("line 300"));
}

std::set<std::string> gelf_messages(const std::vector<std::string>& events) {
  std::set<std::string> messages;
  for (const std::string& event : events) {
    EXPECT_EQ(find_gelf_problem(event), "");
    messages.insert(Json::parse(event)["short_message"].get<std::string>());
  }
  return messages;
}

TEST(GelfTest, MessagesArriveOverTcpWithTheirNul) {
  FakeStream server({.framing = FakeStream::Framing::kNul});
  Instance birl({.config = config_for("gelf", "address = \"" + server.address() + "\"\n")});
  expect_settled(birl);
  expect_all(gelf_messages(server.messages()));
  EXPECT_THAT(server.problems(), IsEmpty());
  EXPECT_GT(birl.sink("remote")["lines_per_s"], 0);
  EXPECT_TRUE(birl.sink("remote")["oldest"].is_null()) << "nothing waits";
}

TEST(GelfTest, MessagesArriveOverUdpAndLongOnesInChunks) {
  FakeStream server({.kind = FakeStream::Kind::kUdp});
  std::string config = config_for("gelf", "address = \"" + server.address() + "\"\n");
  const std::string echo = "echo line $i";
  config.replace(config.find(echo), echo.size(),
                 "echo line $i; [ $i = 7 ] && head -c 6000 /dev/urandom | od -An -tx1 -v | tr -d "
                 "' \\\\n' && echo");
  Instance birl({.config = config});
  ASSERT_TRUE(eventually([&] {
    const Json sink = birl.sink("remote");
    return sink.is_object() && sink["received"] == kLines + 1 && sink["buffered"] == 0;
  }));
  expect_exact_ledger(birl);
  GelfChunks chunks;
  ASSERT_TRUE(eventually([&] {
    chunks = {};
    for (const std::string& datagram : server.messages()) {
      chunks.add(datagram, 1420, 0);
    }
    return chunks.messages().size() == kLines + 1;
  })) << chunks.messages().size();
  EXPECT_THAT(chunks.problems(), IsEmpty());
  EXPECT_EQ(chunks.chunked(), 1);
}

TEST(GelfTest, OverHttpEachIsARequest) {
  FakeHttp server;
  server.script({{.status = 503}, {.status = 429}});
  server.set_usual({.status = 202});
  Instance birl({.config = config_for("gelf", "address = \"" + server.url() + "/gelf\"\n")});
  expect_settled(birl);
  std::vector<std::string> events;
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.path, "/gelf");
    EXPECT_EQ(request.headers.at("content-type"), "application/json");
    if (request.status == 202) {
      events.push_back(request.body);
    }
  }
  expect_all(gelf_messages(events));
  EXPECT_THAT(server.problems(), IsEmpty());
}

std::set<std::string> forward_messages(const FakeForward& server) {
  std::set<std::string> messages;
  for (const FakeForward::Event& event : server.events()) {
    EXPECT_EQ(event.tag, "birl.talker");
    EXPECT_GT(event.time_ns, 1'600'000'000'000'000'000U);
    messages.insert(Json::parse(event.record)["message"].get<std::string>());
  }
  return messages;
}

std::string forward_config(const FakeForward& server, const std::string& more = "") {
  return config_for("forward",
                    "address = \"" + server.address() + "\"\ntag = \"birl.{service}\"\n" + more);
}

TEST(ForwardTest, EventsArriveOnceWhenNothingFails) {
  for (const char* compress : {"none", "gzip"}) {
    FakeForward server;
    Instance birl(
        {.config = forward_config(server, std::string("compress = \"") + compress + "\"\n")});
    expect_settled(birl);
    expect_all(forward_messages(server));
    EXPECT_EQ(server.events().size(), static_cast<std::size_t>(kLines));
    EXPECT_EQ(server.compressed_chunks() > 0, std::string(compress) == "gzip");
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

class ForwardOutageTest : public testing::TestWithParam<Trouble> {};

INSTANTIATE_TEST_SUITE_P(Ways, ForwardOutageTest,
                         testing::Values(Trouble{"another acknowledgement",
                                                 {Act::kWrongAck, Act::kWrongAck}},
                                         Trouble{"no acknowledgement", {Act::kNoAck}},
                                         Trouble{"closed before it", {Act::kClose, Act::kClose}},
                                         Trouble{"reset", {Act::kReset, Act::kReset}}));

TEST_P(ForwardOutageTest, EveryEventArrivesInTheEnd) {
  FakeForward server;
  server.script(GetParam().script);
  Instance birl({.config = forward_config(server)});
  expect_settled(birl);
  expect_all(forward_messages(server));
  EXPECT_THAT(server.problems(), IsEmpty());
  EXPECT_GT(birl.sink("remote")["retries"], 0);
}

TEST(ForwardTest, AChunkThatIsSentAgainHasItsName) {
  FakeForward server;
  server.script({Act::kClose});  // stored, and not acknowledged: it comes twice
  Instance birl({.config = forward_config(server)});
  expect_settled(birl);
  std::map<std::string, std::set<std::string>> chunks;  // by message
  for (const FakeForward::Event& event : server.events()) {
    chunks[Json::parse(event.record)["message"]].insert(event.chunk);
  }
  EXPECT_GT(server.events().size(), static_cast<std::size_t>(kLines));
  for (const auto& [message, names] : chunks) {
    EXPECT_EQ(names.size(), 1U) << message;
  }
}

TEST(ForwardTest, ASharedKeyAndAUserAreShown) {
  FakeForward server({.shared_key = "s3cret", .username = "bob", .password = "pw"});
  Instance birl({.config = forward_config(server,
                                          "shared_key = \"s3cret\"\nusername = \"bob\"\n"
                                          "password = \"pw\"\n")});
  expect_settled(birl);
  expect_all(forward_messages(server));
  EXPECT_THAT(server.problems(), IsEmpty());
}

TEST(ForwardTest, AWrongKeyParksAndShowsNoSecret) {
  FakeForward server({.shared_key = "s3cret"});
  Instance birl({.config = forward_config(server, "shared_key = \"geheim\"\n")});
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "parked"; }));
  EXPECT_THAT(text_in(birl.sink("remote"), "last_error"), HasSubstr("shared_key mismatch"));
  EXPECT_THAT(birl.status().dump(), testing::Not(HasSubstr("geheim")));
  EXPECT_THAT(server.events(), IsEmpty());
}

/// What a service's own receiver makes of a request: the messages in it, or why it is refused.
struct Service {
  const char* type;
  const char* keys;  // URL is put for @URL@
  const char* path;
  std::pair<const char*, const char*> header;
  int accepted;
  const char* answer;
  std::vector<std::string> (*messages)(const std::string& body);
};

void PrintTo(const Service& service, std::ostream* out) {
  *out << service.type;
}

std::vector<std::string> splunk_messages(const std::string& body) {
  std::vector<std::string> messages;
  std::istringstream objects(body);
  while (objects >> std::ws && !objects.eof()) {
    EXPECT_EQ(objects.peek(), '{') << "never an array";
    Json event;
    objects >> event;
    EXPECT_TRUE(event["time"].is_number());
    messages.push_back(event["event"]["message"]);
  }
  return messages;
}

std::vector<std::string> datadog_messages(const std::string& body) {
  std::vector<std::string> messages;
  EXPECT_LE(body.size(), 5'000'000U);
  const Json events = Json::parse(body);
  EXPECT_LE(events.size(), 1'000U);
  for (const Json& event : events) {
    EXPECT_EQ(event["ddtags"], "env:prod,s:talker");
    messages.push_back(event["message"]);
  }
  return messages;
}

std::vector<std::string> newrelic_messages(const std::string& body) {
  std::vector<std::string> messages;
  EXPECT_LE(body.size(), 1'000'000U);
  for (const Json& block : Json::parse(body)) {
    for (const Json& event : block["logs"]) {
      EXPECT_TRUE(event["timestamp"].is_number_integer());
      messages.push_back(event["message"]);
    }
  }
  return messages;
}

std::vector<std::string> sumologic_messages(const std::string& body) {
  std::vector<std::string> messages;
  std::istringstream lines(body);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 64'000U);
    messages.push_back(Json::parse(line)["message"]);
  }
  return messages;
}

std::vector<std::string> otlp_messages(const std::string& body) {
  std::vector<std::string> messages;
  const Json parsed = Json::parse(body);
  for (const Json& resource : parsed["resourceLogs"]) {
    EXPECT_EQ(resource["resource"]["attributes"][0]["key"], "service.name");
    for (const Json& scope : resource["scopeLogs"]) {
      for (const Json& record : scope["logRecords"]) {
        EXPECT_TRUE(record["timeUnixNano"].is_string());
        messages.push_back(record["body"]["stringValue"]);
      }
    }
  }
  return messages;
}

class LogServiceTest : public testing::TestWithParam<Service> {};

INSTANTIATE_TEST_SUITE_P(
    Types, LogServiceTest,
    testing::Values(
        Service{"splunk_hec",
                "url = \"@URL@\"\ntoken = \"geheim\"\n",
                "/services/collector/event",
                {"authorization", "Splunk geheim"},
                200,
                R"({"text":"Success","code":0})",
                splunk_messages},
        Service{"datadog",
                "url = \"@URL@\"\napi_key = \"geheim\"\ntags = [\"env:prod\", \"s:{service}\"]\n",
                "/api/v2/logs",
                {"dd-api-key", "geheim"},
                202,
                "{}",
                datadog_messages},
        Service{"newrelic",
                "url = \"@URL@\"\napi_key = \"geheim\"\n",
                "/log/v1",
                {"api-key", "geheim"},
                202,
                R"({"requestId":"1"})",
                newrelic_messages},
        Service{"sumologic",
                "url = \"@URL@/receiver/v1/http/geheim\"\ncategory = \"prod/app\"\n",
                "/receiver/v1/http/geheim",
                {"x-sumo-category", "prod/app"},
                200,
                "",
                sumologic_messages},
        Service{"otlp",
                "url = \"@URL@\"\nauth = {bearer = \"geheim\"}\n",
                "/v1/logs",
                {"authorization", "Bearer geheim"},
                200,
                "{}",
                otlp_messages}));

TEST_P(LogServiceTest, EveryLineArrivesThroughItsTroubles) {
  const Service& service = GetParam();
  FakeHttp server;
  server.script({{.status = 503},
                 {.status = 429, .headers = {"Retry-After: 1"}},
                 {.status = 413},
                 {.status = 403}});
  server.set_usual({.status = service.accepted, .body = service.answer});
  std::string keys = service.keys;
  keys.replace(keys.find("@URL@"), 5, server.url());
  Instance birl({.config = config_for(service.type, keys)});
  expect_settled(birl);
  std::set<std::string> messages;
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.path, service.path);
    EXPECT_EQ(request.headers.at(service.header.first), service.header.second);
    if (request.status == service.accepted) {
      for (const std::string& message : service.messages(request.body)) {
        messages.insert(message);
      }
    }
  }
  expect_all(messages);
  EXPECT_THAT(server.problems(), IsEmpty());
  EXPECT_THAT(birl.status().dump(), testing::Not(HasSubstr("geheim")));
  EXPECT_GE(birl.sink("remote")["retries"], 3);
}

TEST(LogServiceTest, APartOfARequestThatIsRefusedInsideATwoHundredIsCounted) {
  FakeHttp server;
  server.script(
      {{.status = 200,
        .body = R"({"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"old"}})"}});
  server.set_usual({.status = 200, .body = "{}"});
  Instance birl({.config = config_for("otlp", "url = \"" + server.url() + "\"\n")});
  ASSERT_TRUE(eventually([&] {
    const Json sink = birl.sink("remote");
    return sink.is_object() && sink["received"] == kLines && sink["buffered"] == 0;
  }));
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("remote")["dropped"]["rejected"], 2);
  EXPECT_THAT(text_in(birl.sink("remote"), "last_error"), HasSubstr("records were refused: old"));
}

}  // namespace
}  // namespace support
