// Syslog messages by the protocol card (4.2, 4.3), against a parser that knows only the RFCs.
#include "shippers/syslog/syslog_format.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "shippers/stream/framing.h"
#include "shippers/stream/stream_format.h"
#include "shippers/syslog/token_format.h"
#include "shippers/vendors/secrets.h"
#include "tests/support/strict_syslog.h"
#include "tests/support/temporary_directory.h"

namespace shippers {
namespace {

constexpr Line kLine{.service = "app",
                     .host = "h",
                     .stream = logging::Stream::kStdout,
                     .time_ns = 1'704'164'645'678'901'234,
                     .text = "hi"};

std::string encode(const logging::SyslogSinkConfig& config, const Line& line = kLine,
                   bool is_local = false) {
  const SyslogFormat format({.config = config, .message_bytes = 8192, .is_local = is_local});
  std::string text;
  std::string key;
  format.encode(line, key, text);
  return text;
}

logging::SyslogSinkConfig old_rfc() {
  logging::SyslogSinkConfig config;
  config.rfc = logging::SyslogSinkConfig::kRfcOld;
  return config;
}

/// Local time is that of one place with a known offset while it lives.
class TimeZone {
 public:
  explicit TimeZone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  ~TimeZone() {
    ::unsetenv("TZ");
    ::tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
};

TEST(SyslogFormatTest, ALineIsOneMessageOfRfc5424InUtcWithMicroseconds) {
  EXPECT_EQ(encode({}), "<14>1 2024-01-02T03:04:05.678901Z h app - - - hi");
  EXPECT_EQ(support::parse_rfc5424(encode({})).problem, "");
}

TEST(SyslogFormatTest, WhatIsShownHasNoStructuredDataForTokensStandThere) {
  logging::SyslogSinkConfig config;
  config.structured_data = R"([se\"c]ret@1 k="a]b" s="{service}"][more@2])";
  const SyslogFormat format({.config = config, .message_bytes = 8192});
  EXPECT_EQ(format.shown(R"(<14>1 T h - - - [s@1 k="a]b\"]" x="y"][t@2] hi [there])"),
            "<14>1 T h - - - [...] hi [there]");
  EXPECT_EQ(format.shown("<14>1 cut"), "[...]");
  EXPECT_EQ(format.shown(R"(<14>1 T h a - - [s@1 k="cut off)"), "<14>1 T h a - - [...]");
  const SyslogFormat plain({.config = {}, .message_bytes = 8192});
  EXPECT_EQ(plain.shown("<14>1 T h a - - - hi"), "<14>1 T h a - - - hi");
}

TEST(SyslogFormatTest, AnEmptyLineEndsWithItsStructuredData) {
  Line line = kLine;
  line.text = "";
  EXPECT_EQ(encode({}, line), "<14>1 2024-01-02T03:04:05.678901Z h app - - -");
}

TEST(SyslogFormatTest, SeverityIsTheLinesOwnElseTheStreams) {
  Line line = kLine;
  line.stream = logging::Stream::kStderr;
  EXPECT_TRUE(encode({}, line).starts_with("<11>1 "));
  line.text = "[warn] low";
  EXPECT_TRUE(encode({}, line).starts_with("<12>1 "));
  line.stream = logging::Stream::kStdout;
  line.text = "level=debug x";
  EXPECT_TRUE(encode({}, line).starts_with("<15>1 "));
  logging::SyslogSinkConfig config;
  config.facility = logging::Facility::kLocal7;
  line.text = "[emergency] x";
  EXPECT_TRUE(encode(config, line).starts_with("<184>1 "));
}

TEST(SyslogFormatTest, HeaderFieldsAreCutAndWhatMayNotBeThereBecomesAnUnderscore) {
  logging::SyslogSinkConfig config;
  config.app_name = "{service} \xC3\xA4/{stream}" + std::string(60, 'x');
  config.hostname = "";
  const auto message = support::parse_rfc5424(encode(config));
  EXPECT_EQ(message.problem, "");
  EXPECT_EQ(message.app, "app___/stdout" + std::string(35, 'x'));
  EXPECT_EQ(message.host, "-");
}

TEST(SyslogFormatTest, StructuredDataIsAsWrittenAndTemplatesInItAreEscaped) {
  logging::SyslogSinkConfig config;
  config.structured_data = R"([a@1 k="x\"y" host="{host}"][b@1])";
  Line line = kLine;
  line.host = R"(a"b\c]d)";
  const auto message = support::parse_rfc5424(encode(config, line));
  EXPECT_EQ(message.problem, "");
  EXPECT_EQ(message.structured_data, R"([a@1 k="x\"y" host="a\"b\\c\]d"][b@1])");
}

TEST(SyslogFormatTest, TheOldRfcHasLocalTimeAndTheHostsShortName) {
  const TimeZone zone("BIRL-2");
  Line line = kLine;
  line.host = "web.example.com";
  EXPECT_EQ(encode(old_rfc(), line), "<14>Jan  2 05:04:05 web app: hi");
  EXPECT_EQ(support::parse_rfc3164(encode(old_rfc(), line)).problem, "");
  line.host = "10.0.0.1";
  EXPECT_EQ(encode(old_rfc(), line), "<14>Jan  2 05:04:05 10.0.0.1 app: hi");
  EXPECT_EQ(encode(old_rfc(), line, true), "<14>Jan  2 05:04:05 app: hi") << "as libc writes it";
}

TEST(SyslogFormatTest, TagsOfTheOldRfcEndAtTheirColon) {
  logging::SyslogSinkConfig config = old_rfc();
  config.app_name = "a:b[c]" + std::string(40, 'x');
  const auto message = support::parse_rfc3164(encode(config));
  EXPECT_EQ(message.problem, "");
  EXPECT_EQ(message.app, "a_b_c_" + std::string(26, 'x'));
}

TEST(SyslogFormatTest, FramingFollowsTheRfcUnlessItIsSet) {
  logging::SyslogSinkConfig config;
  EXPECT_EQ(SyslogFormat({.config = config}).framing(), Framing::kOctet);
  EXPECT_EQ(SyslogFormat({.config = config, .is_local = true}).framing(), Framing::kNewline);
  EXPECT_EQ(SyslogFormat({.config = old_rfc()}).framing(), Framing::kNewline);
  config.framing = logging::Framing::kNewline;
  EXPECT_EQ(SyslogFormat({.config = config}).framing(), Framing::kNewline);
}

TEST(FramingTest, OctetsAreCountedOrALineEnds) {
  std::string out;
  append_framed(out, "<13>1 2024-01-02T03:04:05.678Z h app 7 - - hi", Framing::kOctet);
  append_framed(out, "x", Framing::kOctet);
  EXPECT_EQ(out, "45 <13>1 2024-01-02T03:04:05.678Z h app 7 - - hi1 x");
  out.clear();
  append_framed(out, "a", Framing::kNewline);
  append_framed(out, "", Framing::kNewline);
  EXPECT_EQ(out, "a\n\n");
}

TEST(TokenFormatTest, TheTokenIsReadForEachRequestAndNotPartOfTheMessage) {
  const test_support::TemporaryDirectory directory;
  logging::LogentriesSinkConfig config;
  config.token_file = directory / "token";
  const TokenFormat format(config);
  EXPECT_FALSE(format.read_lead());
  test_support::write_file(directory / "token", "0123\n");
  EXPECT_EQ(*format.read_lead(), "0123 ");
  test_support::write_file(directory / "token", "4567\n");
  EXPECT_EQ(*format.read_lead(), "4567 ");
  std::string text;
  std::string key;
  format.encode(kLine, key, text);
  EXPECT_EQ(text, R"({"time":"2024-01-02T03:04:05.678Z","level":"info","service":"app",)"
                  R"("stream":"stdout","host":"h","message":"hi"})");
  EXPECT_EQ(format.framing(), Framing::kNewline);
}

}  // namespace
}  // namespace shippers
