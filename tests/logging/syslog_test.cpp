#include "logging/parse/syslog.h"

#include "base/text.h"
#include "tests/logging/field_text.h"

namespace logging {
namespace {

constexpr std::uint64_t kNear = 1'704'164'645'000'000'000;  // 2024-01-02T03:04:05Z

std::string parse(std::string_view line) {
  Arena arena;
  FieldList fields;
  SyslogMessage message;
  const ParseProblem problem = parse_syslog(line, kNear, arena, message, fields);
  if (!problem.empty()) {
    return std::string(problem);
  }
  const std::string time = message.time_ns ? base::format_rfc3339_ms(*message.time_ns) : "-";
  return time + " " + std::string(severity_name(message.severity)) + " " + field_text(fields) +
         " | " + std::string(message.text);
}

TEST(SyslogTest, Reads5424) {
  EXPECT_EQ(parse("<165>1 2003-10-11T22:14:15.003Z mymachine evntslog 111 ID47 "
                  R"([exampleSDID@32473 iut="3" x="a\]\"b\c"][other y=""] )"
                  "\xEF\xBB\xBF"
                  "An entry"),
            "2003-10-11T22:14:15.003Z notice "
            R"(facility="local4" host="mymachine" app="evntslog" pid="111" msgid="ID47" )"
            R"(exampleSDID@32473.iut="3" exampleSDID@32473.x="a]\"b\\c" other.y="" | An entry)");
  EXPECT_EQ(parse("<34>1 - - - - - -"), R"(- critical facility="auth" | )");
  EXPECT_EQ(parse("<34>1 - h a - - - text"),
            R"(- critical facility="auth" host="h" app="a" | text)");
}

TEST(SyslogTest, Reads3164AndWhatProgramsMakeOfIt) {
  EXPECT_EQ(
      parse("<34>Oct 11 22:14:15 mymachine su[77]: 'su root' failed"),
      R"(2023-10-11T22:14:15.000Z critical facility="auth" host="mymachine" app="su" pid="77" | 'su root' failed)");
  EXPECT_EQ(parse("<13>Jan  2 03:04:05 app: local, without a host"),
            R"(2024-01-02T03:04:05.000Z notice facility="user" app="app" | local, without a host)");
  EXPECT_EQ(
      parse("<30>2024-01-02T03:04:05Z host app[1]: docker"),
      R"(2024-01-02T03:04:05.000Z info facility="daemon" host="host" app="app" pid="1" | docker)");
  EXPECT_EQ(parse("<13>just words: and more"),
            R"(- notice facility="user" | just words: and more)");
  EXPECT_EQ(parse("<13>"), R"(- notice facility="user" | )");
}

TEST(SyslogTest, SaysWhyALineIsNone) {
  EXPECT_EQ(parse("no priority"), "syslog: it has no priority like <34>");
  EXPECT_EQ(parse("<192>x"), "syslog: it has no priority like <34>");
  EXPECT_EQ(parse("<>x"), "syslog: it has no priority like <34>");
  EXPECT_EQ(parse("<1234>x"), "syslog: it has no priority like <34>");
  EXPECT_EQ(parse("<34>1 soon h a p m - x"), "syslog: its time is none of RFC 5424");
  EXPECT_EQ(parse("<34>1 - h a p m [x y=\"1\""), "syslog: its structured data has no end");
  EXPECT_EQ(parse("<34>1 - h a p m [x y=\"1"), "syslog: a parameter is malformed");
  EXPECT_EQ(parse("<34>1 - h a p m [x]y t"), "syslog: its structured data is malformed");
}

TEST(SyslogTest, EveryPrefixIsReadOrRefused) {
  const std::string whole = "<165>1 2003-10-11T22:14:15Z h a 1 I [x y=\"a\\]\"] An entry";
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    static_cast<void>(parse(whole.substr(0, bytes)));
    static_cast<void>(parse("<13>" + whole.substr(bytes)));
  }
}

}  // namespace
}  // namespace logging
