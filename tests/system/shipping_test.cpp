// Network sinks from outside: every way in which a destination can fail, and a router that dies
// while it ships. What holds always: every line arrives, and the ledger is exact.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <set>

#include "tests/support/fake_http.h"
#include "tests/support/instance.h"
#include "tests/support/tls_front.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using Act = FakeHttp::Act;

constexpr int kLines = 300;

std::string config_for(const std::string& url, const std::string& more = "") {
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
type = "http"
url = ")" +
         url + R"("
body = "text"
batch = {linger = "10ms"}
retry = {initial = "20ms", max = "100ms"}
timeout = "500ms"
)" + more;
}

std::string with(std::string config, std::string_view from, std::string_view to) {
  const std::size_t at = config.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return config.replace(at, from.size(), to);
}

bool has_all(const FakeHttp& server) {
  const auto lines = server.accepted_lines();
  return std::set<std::string>(lines.begin(), lines.end()).size() == kLines;
}

bool is_settled(const Instance& birl, std::uint64_t lines = kLines) {
  const Json sink = birl.sink("remote");
  return sink.is_object() && sink["received"] == lines && sink["buffered"] == 0;
}

void expect_all_delivered(const Instance& birl, const FakeHttp& server) {
  ASSERT_TRUE(eventually([&] { return has_all(server); }));
  ASSERT_TRUE(eventually([&] { return is_settled(birl); }));
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("remote")["delivered"], kLines);
  EXPECT_EQ(birl.sink("remote")["state"], "ok");
  EXPECT_THAT(server.problems(), IsEmpty());
}

TEST(ShippingTest, EveryLineArrivesOnceAndInOrderWhenNothingFails) {
  FakeHttp server;
  Instance birl({.config = config_for(server.url())});
  expect_all_delivered(birl, server);
  const auto lines = server.accepted_lines();
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kLines));
  for (int line = 0; line < kLines; ++line) {
    EXPECT_EQ(lines[static_cast<std::size_t>(line)], "line " + std::to_string(line + 1));
  }
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

/// Every third line is an error in JSON, another is no JSON at all, the rest is for nobody.
std::string records_config(const std::string& url) {
  std::string config =
      with(config_for(url), "echo line $i",
           "case $((i % 3)) in "
           "0) echo '{\\\"msg\\\":\\\"line '$i'\\\",\\\"level\\\":\\\"error\\\",\\\"n\\\":'$i'}';; "
           "1) echo '{\\\"msg\\\":\\\"line '$i'\\\",\\\"level\\\":\\\"debug\\\"}';; "
           "2) echo WARN plain $i;; esac");
  config = with(config, "log = [\"remote\"]", "log = [\"remote\"]\nfields = {team = \"shop\"}");
  config = with(config, "body = \"text\"", "body = \"ndjson\"");
  return with(config, "[sink.remote]",
              "[pipeline.clean]\nsteps = [{parse = \"json\"}]\n[sink.remote]\n"
              "pipeline = \"clean\"\nmatch = {message = \"line|plain\"}");
}

TEST(ShippingTest, RecordsOfAPipelineArriveWithTheirFieldsAndLevels) {
  FakeHttp server;
  std::string config = records_config(server.url());
  config = with(config, "steps = [{parse = \"json\"}]",
                "steps = [{parse = \"json\"}, {drop = {level = \"<=debug\"}}]");
  Instance birl({.config = config});
  ASSERT_TRUE(eventually([&] { return is_settled(birl); }));
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("remote")["delivered"], 200);
  EXPECT_EQ(birl.sink("remote")["dropped"]["filtered"], 100);
  std::set<int> numbers;
  for (const std::string& line : server.accepted_lines()) {
    const Json record = Json::parse(line);
    EXPECT_EQ(record["team"], "shop") << line;
    EXPECT_EQ(record["service"], "talker");
    EXPECT_EQ(record["level"], record.contains("n") ? "error" : "warn") << line;
    if (record.contains("n")) {
      EXPECT_EQ(record["message"], "line " + std::to_string(record["n"].get<int>()));
      numbers.insert(record["n"].get<int>());
    }
  }
  EXPECT_EQ(numbers.size(), 100U);
  EXPECT_EQ(server.accepted_lines().size(), 200U);
}

TEST(ShippingTest, LinesOfAStackTraceAreOneRecordAndCountAsTheLinesThatTheyAre) {
  FakeHttp server;
  std::string config = with(config_for(server.url()), "echo line $i",
                            "[ $((i % 3)) = 0 ] && echo start $i || echo at $i");
  config = with(config, "body = \"text\"", "body = \"ndjson\"");
  config = with(config, "[sink.remote]",
                "[pipeline.join]\nsteps = [{multiline = {start = \"^start\"}}]\n[sink.remote]\n"
                "pipeline = \"join\"");
  Instance birl({.config = config});
  ASSERT_TRUE(eventually([&] { return is_settled(birl); }));
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("remote")["delivered"], kLines);
  EXPECT_EQ(server.accepted_lines().size(), 101U) << "two lines come before the first start";
}

struct Outage {
  const char* name;
  std::vector<FakeHttp::Reply> script;
};

void PrintTo(const Outage& outage, std::ostream* out) {
  *out << outage.name;
}

class OutageTest : public testing::TestWithParam<Outage> {};

INSTANTIATE_TEST_SUITE_P(
    Ways, OutageTest,
    testing::Values(Outage{"reset in the body", {{.act = Act::kReset}, {.act = Act::kReset}}},
                    Outage{"hanging", {{.act = Act::kHang}}},
                    Outage{"500 and 503", {{.status = 500}, {.status = 503}, {.status = 500}}},
                    Outage{"429 with Retry-After",
                           {{.status = 429, .headers = {"Retry-After: 1"}}}},
                    Outage{"too large", {{.status = 413}, {.status = 413}}},
                    Outage{"refused, then fixed", {{.status = 401}, {.status = 403}}},
                    Outage{"redirected elsewhere",
                           {{.status = 302, .headers = {"Location: http://127.0.0.1:1/"}}}}));

TEST_P(OutageTest, EveryLineArrivesInTheEnd) {
  FakeHttp server;
  server.script(GetParam().script);
  Instance birl({.config = config_for(server.url())});
  expect_all_delivered(birl, server);
}

TEST(ShippingTest, ADestinationThatIsNotThereYetGetsEverythingLater) {
  std::uint16_t port = 0;
  {
    const FakeHttp reserved;
    port = reserved.port();
  }
  Instance birl({.config = config_for("http://127.0.0.1:" + std::to_string(port))});
  ASSERT_TRUE(birl.wait_state("talker", "done"));
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "retrying"; }));
  EXPECT_THAT(text_in(birl.sink("remote"), "last_error"), HasSubstr("cannot send"));
  EXPECT_EQ(birl.sink("remote")["delivered"], 0);
  EXPECT_EQ(birl.sink("remote")["buffered"], kLines);
  expect_exact_ledger(birl);
  const FakeHttp server(port);
  expect_all_delivered(birl, server);
}

TEST(ShippingTest, ARefusalParksTheSinkAndShowsNoSecret) {
  FakeHttp server;
  server.set_usual({.status = 403, .body = "Invalid API key"});
  Instance birl({.config = config_for(server.url(), "auth = {bearer = \"geheim-4711\"}\n")});
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "parked"; }));
  EXPECT_THAT(text_in(birl.sink("remote"), "last_error"), HasSubstr("403: Invalid API key"));
  EXPECT_EQ(server.requests().front().headers.at("authorization"), "Bearer geheim-4711");
  EXPECT_THAT(birl.status().dump(), testing::Not(HasSubstr("geheim")));
  EXPECT_THAT(birl.cli({"check", "--show", "-c", "@DIR@/birl.toml"}).out,
              testing::Not(HasSubstr("geheim")));
  server.set_usual({});
  expect_all_delivered(birl, server);
}

TEST(ShippingTest, AnExpiredCertificateParksAndOneThatIsRenewedIsTaken) {
  const TempDirectory directory;
  const FakeHttp server;
  const TestCertificate expired(directory.path(), TestCertificate::State::kExpired);
  std::uint16_t port = 0;
  {
    const FakeHttp reserved;
    port = reserved.port();
  }
  Instance birl({.config = config_for("https://127.0.0.1:" + std::to_string(port),
                                      "tls = {ca_file = \"" + expired.cert_file + "\"}\n")});
  // Behind the instance, whose helpers inherit what is open: a port that is given up must be free.
  auto front = std::make_unique<TlsFront>(expired, server.port(), port);
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "parked"; }));
  EXPECT_THAT(text_in(birl.sink("remote"), "last_error"),
              AnyOf(HasSubstr("expired"), HasSubstr("EXPIRED")));  // OpenSSL, mbedTLS
  EXPECT_THAT(server.requests(), IsEmpty());
  front.reset();
  const TestCertificate renewed(directory.path());
  const TlsFront again(renewed, server.port(), port);
  expect_all_delivered(birl, server);
}

TEST(ShippingTest, AReceiverThatDiesAgainAndAgainHasEveryLineInTheEnd) {
  std::uint16_t port = 0;
  {
    const FakeHttp reserved;
    port = reserved.port();
  }
  Instance birl({.config = with(config_for("http://127.0.0.1:" + std::to_string(port)), "{linger",
                                "{records = 10, linger")});
  std::set<std::string> lines;
  for (int life = 0; life < 200 && lines.size() < kLines; ++life) {
    FakeHttp server(port);
    const std::size_t some = 1 + static_cast<std::size_t>(life) % 5;
    ASSERT_TRUE(eventually([&] { return server.requests().size() >= some || is_settled(birl); }));
    server.stop();
    const auto accepted = server.accepted_lines();
    lines.insert(accepted.begin(), accepted.end());
  }
  const FakeHttp server(port);
  ASSERT_TRUE(eventually([&] { return is_settled(birl); }));
  const auto accepted = server.accepted_lines();
  lines.insert(accepted.begin(), accepted.end());
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(kLines));
  EXPECT_EQ(birl.sink("remote")["delivered"], kLines);
  expect_exact_ledger(birl);
}

TEST(ShippingTest, AHostWithoutAnAddressIsTriedAgainAndCostsNoLine) {
  Instance birl({.config = config_for("http://no-such-host.invalid")});
  ASSERT_TRUE(birl.wait_state("talker", "done"));
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "retrying"; }));
  EXPECT_THAT(text_in(birl.sink("remote"), "last_error"), HasSubstr("no-such-host.invalid"));
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["buffered"] == kLines; }));
  expect_exact_ledger(birl);
}

TEST(ShippingTest, ATokenThatIsExchangedIsReadAgain) {
  FakeHttp server;
  server.set_judge([](const FakeHttp::Request& request) {
    const bool known = request.headers.at("authorization") == "Bearer new";
    return FakeHttp::Reply{.status = known ? 200 : 401};
  });
  const TempDirectory secrets;
  write_text(secrets / "token", "old\n");
  Instance birl({.config = config_for(server.url(),
                                      "auth = {bearer_file = \"" + (secrets / "token") + "\"}\n")});
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "parked"; }));
  write_text(secrets / "token", "new\n");
  expect_all_delivered(birl, server);
}

TEST(ShippingTest, ALineThatIsRefusedCostsNoOther) {
  FakeHttp server;
  server.set_judge([](const FakeHttp::Request& request) {
    const bool bad = request.body.find("line 77\n") != std::string::npos;
    return FakeHttp::Reply{.status = bad ? 400 : 200};
  });
  Instance birl({.config = config_for(server.url())});
  ASSERT_TRUE(eventually([&] { return is_settled(birl); }));
  EXPECT_EQ(birl.sink("remote")["delivered"], kLines - 1);
  EXPECT_EQ(birl.sink("remote")["dropped"]["rejected"], 1);
  EXPECT_EQ(server.accepted_lines().size(), static_cast<std::size_t>(kLines - 1));
  expect_exact_ledger(birl);
}

TEST(ShippingTest, ItemsThatElasticsearchRefusesAreTriedOrRejectedByThemselves) {
  FakeHttp server;
  int round = 0;
  std::set<std::string> stored;
  server.set_judge([&](const FakeHttp::Request& request) {
    std::string items;
    const auto lines = lines_of(request.body);
    ++round;
    for (std::size_t index = 1; index < lines.size(); index += 2) {
      const Json document = Json::parse(lines[index]);
      const std::string message = document["message"];
      const int status = message == "line 5" ? 400 : message == "line 9" && round < 3 ? 429 : 201;
      stored.insert(status == 201 ? message : "");
      items += (items.empty() ? "" : ",") + Json{{"create", {{"status", status}}}}.dump();
    }
    return FakeHttp::Reply{.body = R"({"errors":true,"items":[)" + items + "]}"};
  });
  const std::string config = with(config_for(""), "type = \"http\"\nurl = \"\"\nbody = \"text\"",
                                  "type = \"elasticsearch\"\nurl = \"" + server.url() + "\"");
  Instance birl({.config = config});
  ASSERT_TRUE(eventually([&] { return is_settled(birl); }));
  EXPECT_EQ(birl.sink("remote")["delivered"], kLines - 1);
  EXPECT_EQ(birl.sink("remote")["dropped"]["rejected"], 1);
  EXPECT_TRUE(stored.contains("line 9"));
  expect_exact_ledger(birl);
}

TEST(ShippingTest, ASpoolOutlivesTheContainer) {
  const TempDirectory state;
  std::string config = with(config_for("http://127.0.0.1:1"), "@DIR@/state", state.path());
  {
    Instance birl({.config = config});
    ASSERT_TRUE(birl.wait_state("talker", "done"));
    ASSERT_TRUE(eventually([&] { return birl.sink("remote")["buffered"] == kLines; }));
    ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "retrying"; }));
    EXPECT_EQ(birl.stop(), 128 + SIGTERM);
  }
  FakeHttp server;
  config = with(config, "http://127.0.0.1:1", server.url());
  config = with(config, "log = [\"remote\"]", "log = []");
  Instance birl({.config = config});
  expect_all_delivered(birl, server);
}

class ShippingCrashTest : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Steps, ShippingCrashTest,
                         testing::Values("spool.appended:3", "network.spooled:3",
                                         "network.committed:3", "courier.sending:3",
                                         "consumer.settled:3", "courier.settled:3",
                                         "spool.state_written:3"));

TEST_P(ShippingCrashTest, KilledWhileShippingTheRouterLosesNothingAndCountsExactly) {
  constexpr int kMany = 5'000;
  FakeHttp server;
  std::string config = with(config_for(server.url()), "-lt 300", "-lt 5000");
  config = with(config, "linger = \"10ms\"", "linger = \"10ms\", bytes = 4000");
  Instance birl({.config = config, .environment = {std::string("BIRL_DEBUG_CRASH=") + GetParam()}});
  ASSERT_TRUE(eventually([&] { return is_settled(birl, kMany); }, 100s));
  const auto lines = server.accepted_lines();
  EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(),
            static_cast<std::size_t>(kMany));
  EXPECT_EQ(birl.sink("remote")["delivered"], kMany);
  EXPECT_GE(birl.status()["router"]["restarts"], 1) << "nothing crashed, so nothing was tested";
  expect_exact_ledger(birl);
}

}  // namespace
}  // namespace support
