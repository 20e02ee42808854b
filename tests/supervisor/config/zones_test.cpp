// Covers supervisor/config/zones.h; tests/golden/config/76-schedules.toml covers
// supervisor/config/validate_schedule.cpp.
#include "supervisor/config/zones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time_zone.h"
#include "supervisor/config/encode.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kSummer = 1'782'864'000;  // 2026-07-01

LoadedConfig load_schedule(const std::string& keys, Environment environment = {}) {
  return load_text(
      "[service.a]\ntype = \"scheduled\"\ncommand = [\"a\"]\nschedule = \"@daily\"\n" + keys,
      std::move(environment));
}

base::TimeZone zone_of(const LoadedConfig& loaded) {
  return loaded.config.services.at("a").timezone;
}

TEST(ZonesTest, WithoutOneItIsUtc) {
  const LoadedConfig loaded = load_schedule("");
  EXPECT_THAT(problem_lines(loaded), ElementsAre());
  EXPECT_EQ(zone_of(loaded).name, "UTC");
  EXPECT_EQ(base::utc_offset_s(zone_of(loaded), kSummer), 0);
}

TEST(ZonesTest, ThePosixTextAndTheVariableCount) {
  const Environment tokyo{{"TZ", ":JST-9"}};
  EXPECT_EQ(base::utc_offset_s(zone_of(load_schedule("", tokyo)), kSummer), 9 * 3600);
  EXPECT_EQ(base::utc_offset_s(
                zone_of(load_schedule("timezone = \"EST5EDT,M3.2.0,M11.1.0\"", tokyo)), kSummer),
            -4 * 3600);
}

TEST(ZonesTest, AFileIsReadAndReachesPid1) {
  const LoadedConfig loaded = load_schedule("timezone = \"Europe/Berlin\"");
  if (loaded.failed(true)) {
    GTEST_SKIP() << "no tzdata here";
  }
  const Config decoded = decode_config(encode_config(loaded.config)).value();
  EXPECT_EQ(base::utc_offset_s(decoded.services.at("a").timezone, kSummer), 2 * 3600);
}

TEST(ZonesTest, AnUnknownZoneIsToldWhereItStands) {
  EXPECT_THAT(
      problem_lines(load_schedule("timezone = \"Europe/Berlni\"")),
      ElementsAre(HasSubstr("BIRL_SET:5:12: cannot use service.a.timezone: there is no time "
                            "zone \"Europe/Berlni\": ")));
  EXPECT_THAT(problem_lines(load_schedule("", {{"TZ", "../x"}})),
              ElementsAre(HasSubstr("cannot use the variable TZ: there is no time zone \"../x\"")));
}

TEST(ZonesTest, OthersNeedNone) {
  EXPECT_THAT(problem_lines(load_text("[service.a]\ncommand = [\"a\"]", {{"TZ", "nowhere"}})),
              ElementsAre());
}

}  // namespace
}  // namespace supervisor
