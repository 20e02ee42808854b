// Sinks across a network as they are written: logging/network_config.h, base/secret.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/config/encode.h"
#include "supervisor/config/show.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kService = "service.a.command = ['a']\n";

TEST(NetworkSinksTest, EveryKeyIsReadAndComesThroughTheEncoding) {
  const LoadedConfig loaded = load_text(std::string(kService) + R"(
[birl]
state_directory = "/s"
[sink.out]
type = "http"
url = "https://h/x"
method = "PUT"
headers = {X-A = "b"}
body = "json-array"
auth = {bearer = "tok"}
batch = {bytes = "1KiB", records = 7, linger = "3s"}
spool = {directory = "/d", bytes = "2MiB", sync = "group"}
retry = {initial = "2s", max = "9s", attempts = 4}
compress = "gzip"
timeout = "5s"
tls = {verify = false}
proxy = "http://p:1"
)");
  EXPECT_THAT(problem_lines(loaded), IsEmpty());
  const Config config = *decode_config(encode_config(loaded.config));
  EXPECT_EQ(config.birl.state_directory, "/s");
  const logging::SinkConfig& sink = config.sinks.at("out");
  EXPECT_EQ(sink.http.url, "https://h/x");
  EXPECT_EQ(sink.http.method, logging::HttpMethod::kPut);
  EXPECT_EQ(sink.http.headers.at("X-A"), "b");
  EXPECT_EQ(sink.http.body, logging::HttpBody::kJsonArray);
  EXPECT_EQ(sink.http.auth.bearer.text, "tok");
  EXPECT_EQ(sink.network.batch.bytes.bytes, 1024U);
  EXPECT_EQ(sink.network.batch.records, 7U);
  EXPECT_EQ(sink.network.spool->directory, "/d");
  EXPECT_EQ(sink.network.spool->sync, logging::SpoolSync::kGroup);
  EXPECT_EQ(sink.network.retry.attempts, 4U);
  EXPECT_EQ(sink.network.compress, logging::Compress::kGzip);
  EXPECT_FALSE(sink.network.tls.verify);
  EXPECT_EQ(sink.network.proxy, "http://p:1");
  EXPECT_EQ(sink.policy(), logging::WhenFull::kDropOldest);
}

TEST(NetworkSinksTest, ASpoolCanBeSwitchedOffAndTheDefaultIsOn) {
  const LoadedConfig loaded = load_text(std::string(kService) +
                                        "sink.a = {type = 'loki', spool = false}\n"
                                        "sink.b = {type = 'loki'}\n");
  EXPECT_THAT(problem_lines(loaded), IsEmpty());
  EXPECT_FALSE(loaded.config.sinks.at("a").network.spool.has_value());
  EXPECT_EQ(loaded.config.sinks.at("b").network.spool->bytes.bytes, 256U << 20U);
}

TEST(NetworkSinksTest, ASecretIsNeverShown) {
  const LoadedConfig loaded =
      load_text(std::string(kService) +
                "sink.a = {type = 'loggly', token = 'geheim', tags = ['t']}\n"
                "sink.b = {type = 'loki', auth = {basic = 'u:geheim'}}\n");
  EXPECT_THAT(problem_lines(loaded), IsEmpty());
  EXPECT_EQ(loaded.config.sinks.at("a").loggly.token.text, "geheim");
  EXPECT_THAT(show_config(loaded.merged), Not(HasSubstr("geheim")));
  const LoadedConfig wrong =
      load_text(std::string(kService) + "sink.a = {type = 'loggly', token = 4711, tags = ['t']}\n");
  for (const std::string& line : problem_lines(wrong)) {
    EXPECT_THAT(line, Not(HasSubstr("4711")));
  }
}

TEST(NetworkSinksTest, WhatCannotWorkIsTold) {
  const auto told = [](const std::string& sink) {
    return problem_lines(load_text(kService + ("sink.x = {" + sink + "}\n")));
  };
  EXPECT_THAT(told("type = 'http', url = 'ftp://x'"),
              ElementsAre(HasSubstr("it must begin with http:// or https://")));
  EXPECT_THAT(told("type = 'loggly', tags = ['a']"),
              ElementsAre(HasSubstr("it needs token or token_file")));
  EXPECT_THAT(told("type = 'loggly', token = 'a'"), ElementsAre(HasSubstr("it needs tags")));
  EXPECT_THAT(told("type = 'loggly', token = 'a', tags = ['{servce}']"),
              ElementsAre(HasSubstr("did you mean {service}?")));
  EXPECT_THAT(told("type = 'loki', labels = {'a-b' = 'x'}"),
              ElementsAre(HasSubstr("letters, digits and `_`")));
  EXPECT_THAT(told("type = 'loki', auth = {basic = 'a', bearer = 'b'}"),
              ElementsAre(HasSubstr("both basic and bearer")));
  EXPECT_THAT(told("type = 'loki', retry = {initial = '9s', max = '1s'}"),
              ElementsAre(HasSubstr("it is less than retry.initial")));
  EXPECT_THAT(told("type = 'loki', spool = {bytes = '1KiB'}"),
              ElementsAre(HasSubstr("at least 1MiB")));
  EXPECT_THAT(told("type = 'console', url = 'http://x'"),
              ElementsAre(HasSubstr("it belongs to sinks of type \"http\"")));
  EXPECT_THAT(told("type = 'loki', path = '/x'"),
              ElementsAre(HasSubstr("it belongs to sinks of type \"file\"")));
}

TEST(NetworkSinksTest, AMissingTokenFileIsMissingAndNotWrong) {
  LoadRequest request;
  request.etc_directory = "/nonexistent";
  request.check_paths = true;
  request.environment["BIRL_SET"] =
      std::string(kService) + "sink.x = {type = 'loggly', token_file = '/no/such', tags = ['a']}";
  const LoadedConfig loaded = load_config(request);
  EXPECT_THAT(problem_lines(loaded), ElementsAre(HasSubstr("cannot use sink.x.token_file")));
  EXPECT_FALSE(loaded.failed(false));
  EXPECT_TRUE(loaded.failed(true));
}

}  // namespace
}  // namespace supervisor
