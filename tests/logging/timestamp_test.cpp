#include "logging/parse/timestamp.h"

#include "base/clock.h"
#include "base/text.h"

namespace logging {
namespace {

constexpr std::uint64_t kNear = 1'704'164'645'000'000'000;  // 2024-01-02T03:04:05Z

std::string read(std::string_view text) {
  const auto ns = parse_time(text, kNear);
  if (!ns) {
    return "-";
  }
  const std::uint64_t below_ms = *ns % base::kNsPerMs;
  return base::format_rfc3339_ms(*ns) + (below_ms != 0 ? " +" + std::to_string(below_ms) : "");
}

TEST(TimestampTest, ReadsEveryForm) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"2024-01-02T03:04:05Z", "2024-01-02T03:04:05.000Z"},
      {"2024-01-02T03:04:05.678Z", "2024-01-02T03:04:05.678Z"},
      {"2024-01-02T03:04:05.678901234Z", "2024-01-02T03:04:05.678Z +901234"},
      {"2024-01-02T03:04:05.6789012345678Z", "2024-01-02T03:04:05.678Z +901234"},
      {"2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05.000Z"},
      {"2024-01-02T03:04:05-0130", "2024-01-02T04:34:05.000Z"},
      {"2024-01-02 03:04:05,678", "2024-01-02T03:04:05.678Z"},
      {"2024-01-02 03:04:05 +0200", "2024-01-02T01:04:05.000Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
      {"2000-12-31T23:59:60Z", "2001-01-01T00:00:00.000Z"},
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
      {"1704164645", "2024-01-02T03:04:05.000Z"},
      {"1704164645.5", "2024-01-02T03:04:05.500Z"},
      {"1704164645678", "2024-01-02T03:04:05.678Z"},
      {"1704164645678.25", "2024-01-02T03:04:05.678Z +250000"},
      {"1704164645678901", "2024-01-02T03:04:05.678Z +901000"},
      {"1704164645678901234", "2024-01-02T03:04:05.678Z +901234"},
      {"02/Jan/2024:03:04:05 +0000", "2024-01-02T03:04:05.000Z"},
      {"02/Jan/2024:03:04:05 -0500", "2024-01-02T08:04:05.000Z"},
      {"2024/01/02 03:04:05", "2024-01-02T03:04:05.000Z"},
      {"Jan  2 03:04:05", "2024-01-02T03:04:05.000Z"},
      {"Dec 31 23:59:59", "2023-12-31T23:59:59.000Z"},
      {"Feb 29 12:00:00", "2024-02-29T12:00:00.000Z"}};
  for (const auto& [text, time] : table) {
    EXPECT_EQ(read(text), time) << text;
  }
}

TEST(TimestampTest, TakesNothingElseForATime) {
  for (const std::string_view text : {"",
                                      "yesterday",
                                      "2024-13-01T00:00:00Z",
                                      "2023-02-29T00:00:00Z",
                                      "2024-01-02T24:00:00Z",
                                      "2024-01-02T03:04:05Zulu",
                                      "2024-01-02T03:04:05.Z",
                                      "2024-01-02",
                                      "1969-12-31T23:59:59Z",
                                      "2262-01-01T00:00:00Z",
                                      "1970-01-01T00:00:00+01:00",
                                      "17041646450000000000",
                                      "99999999999999999999999",
                                      "15678901234",  // seconds: the year 2466
                                      "1704164645.",
                                      "1704164645x",
                                      "-1704164645",
                                      "32/Jan/2024:03:04:05 +0000",
                                      "02/Foo/2024:03:04:05 +0000",
                                      "Jan 32 03:04:05",
                                      "Jan  2 03:04",
                                      "2024-01-02T03:04:05+99:00"}) {
    EXPECT_EQ(read(text), "-") << text;
  }
}

TEST(TimestampTest, IsTheInverseOfWriting) {
  std::uint64_t state = 1;
  for (int round = 0; round < 20'000; ++round) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    const std::uint64_t ms = (state >> 22U) % 9'214'646'400'000U;  // before 2262
    const std::string text = base::format_rfc3339_ms(ms * base::kNsPerMs);
    ASSERT_EQ(parse_time(text, 0), ms * base::kNsPerMs) << text;
  }
}

TEST(TimestampTest, EveryPrefixOfATimeIsReadOrRefused) {
  const std::string_view whole = "2024-01-02T03:04:05.678+02:00";
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    static_cast<void>(parse_time(whole.substr(0, bytes), kNear));
    static_cast<void>(parse_syslog_time(whole.substr(0, bytes), UINT64_MAX));
  }
}

}  // namespace
}  // namespace logging
