// Sinks of log services and collectors as they are written (logging/vendor_config.h), dead letters
// and [http]: supervisor/config/validate_vendor_sink.cpp supervisor/config/validate_network.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/config/encode.h"
#include "supervisor/config/routes.h"
#include "supervisor/config/show.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kService = "service.a.command = ['a']\n";

std::vector<std::string> told(const std::string& sink) {
  return problem_lines(load_text(kService + ("sink.x = {" + sink + "}\n")));
}

TEST(VendorSinksTest, EveryKeyIsReadAndComesThroughTheEncoding) {
  const LoadedConfig loaded = load_text(std::string(kService) + R"(
[http]
listen = "9100"
[sink.gelf]
type = "gelf"
address = "udp://h:12201"
hostname = "{service}"
datagram_bytes = "8192"
confirm = "sent"
dead_letter = "files"
[sink.forward]
type = "forward"
address = "tls://h"
tag = "birl.{service}"
hostname = "me"
shared_key = "k"
username = "u"
password = "p"
[sink.splunk]
type = "splunk_hec"
url = "https://s:8088"
token = "t"
index = "main"
source = "{stream}"
sourcetype = "x"
channel = "G"
[sink.datadog]
type = "datadog"
api_key = "k"
site = "datadoghq.eu"
tags = ["env:prod"]
[sink.newrelic]
type = "newrelic"
api_key = "k"
region = "eu"
attributes = {team = "{service}"}
[sink.sumo]
type = "sumologic"
url = "https://c/receiver/v1/http/CODE"
category = "c"
source_name = "n"
source_host = "h"
[sink.otlp]
type = "otlp"
url = "https://o"
headers = {X-Team = "shop"}
resource = {"deployment.environment" = "prod"}
auth = {bearer = "b"}
[sink.files]
type = "file"
path = "/tmp/dead"
)");
  EXPECT_THAT(problem_lines(loaded), IsEmpty());
  const Config config = *decode_config(encode_config(loaded.config));
  EXPECT_EQ(config.http.listen, "9100");
  EXPECT_EQ(config.sinks.at("gelf").gelf.datagram_bytes.bytes, 8192U);
  EXPECT_EQ(config.sinks.at("gelf").network.dead_letter, "files");
  EXPECT_EQ(config.sinks.at("forward").forward.shared_key.text, "k");
  EXPECT_EQ(config.sinks.at("forward").forward.tag, "birl.{service}");
  EXPECT_EQ(config.sinks.at("splunk").splunk_hec.channel, "G");
  EXPECT_THAT(config.sinks.at("datadog").datadog.tags, ElementsAre("env:prod"));
  EXPECT_EQ(config.sinks.at("newrelic").newrelic.region, logging::NewRelicRegion::kEu);
  EXPECT_EQ(config.sinks.at("sumo").sumologic.category, "c");
  EXPECT_EQ(config.sinks.at("otlp").otlp.resource.at("deployment.environment"), "prod");
  EXPECT_THAT(sinks_of_dead_letters(config), ElementsAre("files"));
  EXPECT_EQ(router_config(config, "/run").listen, "9100");
  EXPECT_THAT(show_config(loaded.merged), Not(HasSubstr("CODE")));
}

TEST(VendorSinksTest, WhatCannotWorkIsTold) {
  EXPECT_THAT(told("type = 'gelf'"), ElementsAre(HasSubstr("it is missing")));
  EXPECT_THAT(told("type = 'gelf', address = 'unix:/x'"),
              ElementsAre(HasSubstr("udp://, tcp://, tls://, http:// or https://")));
  EXPECT_THAT(told("type = 'gelf', address = 'udp://h', datagram_bytes = 100"),
              ElementsAre(HasSubstr("it must be 512 to 8192")));
  EXPECT_THAT(told("type = 'forward', address = 'udp://h'"),
              ElementsAre(HasSubstr("it must begin with tcp:// or tls://")));
  EXPECT_THAT(told("type = 'forward', address = 'tcp://h', username = 'u', shared_key = 'k'"),
              ElementsAre(HasSubstr("username and password go together")));
  EXPECT_THAT(told("type = 'forward', address = 'tcp://h', username = 'u', password = 'p'"),
              ElementsAre(HasSubstr("set shared_key")));
  EXPECT_THAT(told("type = 'splunk_hec', url = 'https://h'"),
              ElementsAre(HasSubstr("it needs token or token_file")));
  EXPECT_THAT(told("type = 'splunk_hec', url = 'h', token = 't'"),
              ElementsAre(HasSubstr("it must begin with http:// or https://")));
  EXPECT_THAT(told("type = 'datadog', api_key = 'k', site = 'https://x'"),
              ElementsAre(HasSubstr("it is a host's name")));
  EXPECT_THAT(told("type = 'datadog', api_key = 'k', tags = ['prod']"),
              ElementsAre(HasSubstr("a tag is \"name:value\"")));
  EXPECT_THAT(told("type = 'newrelic', api_key = 'k', region = 'mars'"),
              ElementsAre(HasSubstr("mars")));
  EXPECT_THAT(told("type = 'newrelic', api_key = 'k', api_key_file = '/k'"),
              ElementsAre(HasSubstr("the secret is given twice")));
  EXPECT_THAT(told("type = 'sumologic'"), ElementsAre(HasSubstr("it needs url or url_file")));
  EXPECT_THAT(told("type = 'otlp', url = 'localhost:4318'"),
              ElementsAre(HasSubstr("it must begin with http:// or https://")));
  EXPECT_THAT(told("type = 'loki', tag = 'x'"),
              ElementsAre(HasSubstr("it belongs to sinks of type \"forward\"")));
}

TEST(VendorSinksTest, ATokenWithASpaceIsToldAndNotShown) {
  const auto lines = told("type = 'splunk_hec', url = 'https://h', token = 'geheim x'");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("sink.x.token"));
  EXPECT_THAT(lines[0], Not(HasSubstr("geheim")));
}

TEST(DeadLettersConfigTest, TheSinkMustExistAndNotGoRound) {
  EXPECT_THAT(told("type = 'loki', dead_letter = 'consle'"),
              ElementsAre(HasSubstr("there is no sink \"consle\" (did you mean console?)")));
  EXPECT_THAT(told("type = 'loki', dead_letter = 'x'"),
              ElementsAre(HasSubstr("dead letters would go round: x -> x")));
  EXPECT_THAT(problem_lines(load_text(std::string(kService) +
                                      "sink.a = {type = 'loki', dead_letter = 'b'}\n"
                                      "sink.b = {type = 'loki', dead_letter = 'a'}\n")),
              ElementsAre(HasSubstr("a -> b -> a"), HasSubstr("b -> a -> b")));
  EXPECT_THAT(problem_lines(load_text(std::string(kService) +
                                      "sink.a = {type = 'loki', dead_letter = 'b'}\n"
                                      "sink.b = {type = 'loki', dead_letter = 'console'}\n")),
              IsEmpty());
}

TEST(HttpConfigTest, AnAddressThatIsNoneIsTold) {
  EXPECT_THAT(problem_lines(load_text(std::string(kService) + "http.listen = 'name:80'\n")),
              ElementsAre(HasSubstr("cannot use http.listen: it is no PORT, ADDRESS:PORT")));
  EXPECT_THAT(problem_lines(load_text(std::string(kService) + "http.listn = '80'\n")),
              ElementsAre(HasSubstr("did you mean listen?")));
}

TEST(SpoolDirectoriesTest, TheConfiguredOneComesFirst) {
  logging::SinkConfig sink;
  sink.name = "x";
  EXPECT_THAT(spool_directories(sink, "/s", "/r"), IsEmpty());
  sink.type = logging::SinkType::kLoki;
  EXPECT_THAT(spool_directories(sink, "/s", "/r"), ElementsAre("/s/spool/x", "/r/spool/x"));
  sink.network.spool->directory = "/d";
  EXPECT_THAT(spool_directories(sink, "/s", "/r"), ElementsAre("/d", "/r/spool/x"));
  sink.network.spool.reset();
  EXPECT_THAT(spool_directories(sink, "/s", "/r"), ElementsAre("/r/spool/x"));
}

}  // namespace
}  // namespace supervisor
