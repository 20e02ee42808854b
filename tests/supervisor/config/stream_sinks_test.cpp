// Syslog and its relatives as they are written: logging/stream_config.h,
// supervisor/config/validate_stream_sink.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/config/encode.h"
#include "supervisor/config/show.h"
#include "supervisor/config/structured_data_check.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kService = "service.a.command = ['a']\n";

TEST(StreamSinksTest, EveryKeyIsReadAndComesThroughTheEncoding) {
  const LoadedConfig loaded = load_text(std::string(kService) + R"(
[sink.s]
type = "syslog"
address = "tls://h:6514"
rfc = 5424
framing = "newline"
facility = "local7"
app_name = "{service}"
hostname = "{host}"
structured_data = '[id@1 service="{service}" k="a\"b"]'
message_bytes = "2KiB"
confirm = "sent"
[sink.p]
type = "papertrail"
address = "tls://logs1.papertrailapp.com:1234"
[sink.l]
type = "logentries"
token = "geheim"
region = "eu"
[sink.j]
type = "logstash"
address = "tls://h:5044"
protocol = "lumberjack"
)");
  EXPECT_THAT(problem_lines(loaded), IsEmpty());
  const Config config = *decode_config(encode_config(loaded.config));
  const logging::SyslogSinkConfig& syslog = config.sinks.at("s").syslog;
  EXPECT_EQ(syslog.address, "tls://h:6514");
  EXPECT_EQ(syslog.framing, logging::Framing::kNewline);
  EXPECT_EQ(static_cast<int>(syslog.facility), 23);
  EXPECT_EQ(syslog.structured_data, R"([id@1 service="{service}" k="a\"b"])");
  EXPECT_EQ(syslog.message_bytes->bytes, 2048U);
  EXPECT_EQ(syslog.confirm, logging::Confirm::kSent);
  EXPECT_EQ(config.sinks.at("p").papertrail.address, "tls://logs1.papertrailapp.com:1234");
  EXPECT_EQ(config.sinks.at("l").logentries.region, "eu");
  EXPECT_EQ(config.sinks.at("j").logstash.protocol, logging::LogstashProtocol::kLumberjack);
  EXPECT_EQ(config.sinks.at("s").policy(), logging::WhenFull::kDropOldest);
  EXPECT_THAT(show_config(loaded.merged), Not(HasSubstr("geheim")));
}

TEST(StreamSinksTest, WhatCannotWorkIsTold) {
  const auto told = [](const std::string& sink) {
    return problem_lines(load_text(kService + ("sink.x = {" + sink + "}\n")));
  };
  EXPECT_THAT(told("type = 'syslog'"), ElementsAre(HasSubstr("sink.x.address: it is missing")));
  EXPECT_THAT(told("type = 'syslog', address = 'h:514'"),
              ElementsAre(HasSubstr("it must begin with udp://")));
  EXPECT_THAT(told("type = 'syslog', address = 'udp://h', rfc = 1"),
              ElementsAre(HasSubstr("it must be 5424 or 3164")));
  EXPECT_THAT(told("type = 'syslog', address = 'udp://h', rfc = 3164, structured_data = '[a]'"),
              ElementsAre(HasSubstr("RFC 3164 has none")));
  EXPECT_THAT(told("type = 'syslog', address = 'udp://h', structured_data = 'a'"),
              ElementsAre(HasSubstr("\"a\" is no element")));
  EXPECT_THAT(told("type = 'syslog', address = 'udp://h', hostname = '{hots}'"),
              ElementsAre(HasSubstr("did you mean {host}?")));
  EXPECT_THAT(told("type = 'syslog', address = 'udp://h', message_bytes = 479"),
              ElementsAre(HasSubstr("it must be 480 to 1000000")));
  EXPECT_THAT(told("type = 'syslog', address = 'udp://h', facility = 'locl0'"),
              ElementsAre(HasSubstr("did you mean local0?")));
  EXPECT_THAT(told("type = 'papertrail', address = 'tls://logs1.papertrailapp.com'"),
              ElementsAre(HasSubstr("the port is missing")));
  EXPECT_THAT(told("type = 'logentries'"), ElementsAre(HasSubstr("it needs token or token_file")));
  EXPECT_THAT(told("type = 'logentries', token = 'a', address = 'ftp://x'"),
              ElementsAre(HasSubstr("it must begin with udp://")));
  EXPECT_THAT(told("type = 'logentries', token = 'a', address = 'https://x'"), IsEmpty());
  EXPECT_THAT(told("type = 'logstash', address = 'tcp://h'"),
              ElementsAre(HasSubstr("sink.x.address: the port is missing")));
  EXPECT_THAT(told("type = 'logstash', address = 'udp://h:1'"),
              ElementsAre(HasSubstr("it must begin with tcp:// or tls://")));
  EXPECT_THAT(told("type = 'logstash', address = 'tls://h', protocol = 'lumberjack'"), IsEmpty());
  EXPECT_THAT(told("type = 'logstash', address = 'tcp://h:1', protocol = 'http'"),
              ElementsAre(HasSubstr("with http it must begin with http://")));
  EXPECT_THAT(told("type = 'logstash', address = 'tcp://h:1', protocol = 'lumberjak'"),
              ElementsAre(HasSubstr("did you mean lumberjack?")));
  EXPECT_THAT(told("type = 'http', url = 'http://x', facility = 'user'"),
              ElementsAre(HasSubstr("it belongs to sinks of type \"syslog\"")));
}

TEST(StructuredDataCheckTest, ElementsOfTheGrammarAreTaken) {
  for (const char* text :
       {"", "[a]", "[a@1 b=\"\"]", R"([a@1 b="x y" b="{host}"][c d="\"\\\]"])"}) {
    EXPECT_EQ(find_structured_data_error(text), std::nullopt) << text;
  }
}

TEST(StructuredDataCheckTest, WhatIsWrongIsSaid) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"-", "\"-\" is no element: each is in brackets, without spaces between them"},
      {"[a] [b]", "\" [b]\" is no element: each is in brackets, without spaces between them"},
      {"[]", "an element begins with its id"},
      {"[" + std::string(33, 'a') + "]", "an element begins with its id"},
      {"[a][a]", "the id a is there twice"},
      {"[a", "element a has no end"},
      {"[a b]", "element a: behind a space it needs name=\"value\""},
      {"[a b=c]", "element a: behind a space it needs name=\"value\""},
      {"[a b=\"c]\"]", "element a: behind a space it needs name=\"value\""},
      {"[a b=\"c", "element a: behind a space it needs name=\"value\""}};
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(find_structured_data_error(text).value_or(""), testing::StartsWith(message))
        << text;
  }
}

}  // namespace
}  // namespace supervisor
