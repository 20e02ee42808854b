#include "logging/severity.h"

namespace logging {
namespace {

std::string found(std::string_view line) {
  const auto severity = find_severity(line);
  return severity ? std::string(severity_name(*severity)) : "-";
}

TEST(SeverityTest, ReadsNamesAndAliasesInAnyCase) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"trace", "trace"},     {"DEBUG", "debug"},         {"Info", "info"},
      {"notice", "notice"},   {"warn", "warn"},           {"WARNING", "warn"},
      {"err", "error"},       {"error", "error"},         {"crit", "critical"},
      {"fatal", "critical"},  {"alert", "alert"},         {"panic", "emergency"},
      {"emerg", "emergency"}, {"emergency", "emergency"}, {"3", "error"},
      {"30", "info"},         {"60", "critical"}};
  for (const auto& [text, name] : table) {
    const auto severity = parse_severity(text);
    ASSERT_TRUE(severity) << text;
    EXPECT_EQ(severity_name(*severity), name) << text;
  }
  for (const std::string_view text : {"", "errors", "8", "loud", "informational-text"}) {
    EXPECT_FALSE(parse_severity(text)) << text;
  }
}

TEST(SeverityTest, FindsALevelThatStandsOutInALine) {
  EXPECT_EQ(found("2024-01-02 03:04:05 ERROR cannot open"), "error");
  EXPECT_EQ(found("[warn] 12#0: no such file"), "warn");
  EXPECT_EQ(found("time=x level=debug msg=hi"), "debug");
  EXPECT_EQ(found(R"({"time":1,"level":"warning","msg":"hi"})"), "warn");
  EXPECT_EQ(found("INFO: ready"), "info");
  EXPECT_EQ(found("<crit> kernel"), "critical");
}

TEST(SeverityTest, TakesNoOrdinaryWordForALevel) {
  EXPECT_EQ(found("no error found, all is info"), "-");
  EXPECT_EQ(found("GET /ERROR.html 200"), "-");
  EXPECT_EQ(found("MAX_DEBUG_LEVEL set"), "-");
  EXPECT_EQ(found("the level was fine, error aside"), "-");
  EXPECT_EQ(found(""), "-");
  std::string late(200, '.');
  late.append(" ERROR");
  EXPECT_EQ(found(late), "-");
}

TEST(SeverityTest, KnowsTheCodesOfSyslog) {
  EXPECT_EQ(severity_of_syslog(0), Severity::kEmergency);
  EXPECT_EQ(severity_of_syslog(4), Severity::kWarn);
  EXPECT_EQ(severity_of_syslog(7), Severity::kDebug);
}

}  // namespace
}  // namespace logging
