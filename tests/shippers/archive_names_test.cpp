#include "shippers/file/archive_names.h"

#include <gtest/gtest.h>

#include "base/date_format.h"

namespace shippers {
namespace {

using logging::ArchiveNaming;

constexpr std::uint64_t kTimeMs = 1'704'164'645'678;  // 2024-01-02T03:04:05.678Z

ArchiveNames names(ArchiveNaming naming) {
  return {"/l/current", "/l/current", naming};
}

TEST(ArchiveNamesTest, NamesTheTimeInUtcAndCountsWhereItIsTaken) {
  EXPECT_EQ(names(ArchiveNaming::kTimestamp).at_time(kTimeMs, 0), "current.20240102T030405.678Z");
  EXPECT_EQ(names(ArchiveNaming::kTimestamp).at_time(kTimeMs, 7),
            "current.20240102T030405.678Z.007");
  EXPECT_EQ(names(ArchiveNaming::kTai64n).at_time(kTimeMs, 1),
            "current.@4000000065937d2f28697580.001");
  EXPECT_EQ(names(ArchiveNaming::kNumber).numbered(12), "current.12");
}

TEST(ArchiveNamesTest, EachNamingKnowsItsOwnOnly) {
  const std::map<ArchiveNaming, std::vector<std::string>> own{
      {ArchiveNaming::kTimestamp,
       {"current.20240102T030405.678Z", "current.20240102T030405.678Z.007",
        "current.20240102T030405.678Z.007.gz"}},
      {ArchiveNaming::kTai64n,
       {"current.@4000000065937d2f28697580", "current.@4000000065937d2f28697580.gz"}},
      {ArchiveNaming::kNumber, {"current.1", "current.10.gz"}}};
  for (const auto& [naming, all] : own) {
    for (const auto& [other, names_of_other] : own) {
      for (const std::string& name : names_of_other) {
        EXPECT_EQ(names(naming).parse(name).has_value(), naming == other) << name;
      }
    }
  }
}

TEST(ArchiveNamesTest, NothingElseIsAnArchive) {
  for (const ArchiveNaming naming :
       {ArchiveNaming::kTimestamp, ArchiveNaming::kTai64n, ArchiveNaming::kNumber}) {
    for (const char* name :
         {"current", "current.gz", "current.", "current.gz.gz", "current.old", "current.0",
          "current.01", "current.99999999999", "current.20240102T030405.678",
          "other.20240102T030405.678Z", "current.20240102T030405.678Z.tmp",
          "current.20240102T030405.678Z.07", "current.@4000", "current.1.gz.tmp", "curren",
          "current.@4000000065937d2f28696f8", "xcurrent.1", ""}) {
      EXPECT_FALSE(names(naming).parse(name)) << name;
    }
  }
}

TEST(ArchiveNamesTest, KnowsWhatPackingLeft) {
  EXPECT_TRUE(names(ArchiveNaming::kNumber).is_packing_rest("current.1.gz.tmp"));
  EXPECT_FALSE(names(ArchiveNaming::kNumber).is_packing_rest("current.gz.tmp"));
  EXPECT_FALSE(names(ArchiveNaming::kTimestamp).is_packing_rest("current.1.gz.tmp"));
}

TEST(ArchiveNamesTest, AgeKeysSortTheOldestFirst) {
  const auto key = [](ArchiveNaming naming, const char* name) {
    return names(naming).parse(name)->age_key;
  };
  EXPECT_LT(key(ArchiveNaming::kNumber, "current.10"), key(ArchiveNaming::kNumber, "current.9.gz"));
  EXPECT_LT(key(ArchiveNaming::kTimestamp, "current.20240102T030405.678Z.gz"),
            key(ArchiveNaming::kTimestamp, "current.20240102T030405.678Z.001"));
}

TEST(ArchiveNamesTest, FilesOfOtherDatesAreArchivesToo) {
  const std::string path = "/l/web-2024-01-02.log";
  const std::string shape = "/l/web-" + base::date_shape("%F") + ".log";
  const ArchiveNames dated(path, shape, ArchiveNaming::kNumber);
  EXPECT_TRUE(dated.is_dated());
  for (const char* name : {"web-2024-01-01.log", "web-2023-12-31.log.gz", "web-2024-01-01.log.2",
                           "web-2024-01-02.log.1"}) {
    EXPECT_TRUE(dated.parse(name)) << name;
  }
  for (const char* name : {"web-2024-01-02.log", "web-2024-01-02.log.gz", "web-2024-01-0.log",
                           "web-2024-01-01.log.old", "api-2024-01-01.log"}) {
    EXPECT_FALSE(dated.parse(name)) << name;
  }
  // Only its own numbers are shifted.
  EXPECT_EQ(dated.parse("web-2024-01-01.log.2")->number, 0U);
  EXPECT_EQ(dated.parse("web-2024-01-02.log.2")->number, 2U);
}

TEST(ArchiveNamesTest, SplitsThePath) {
  EXPECT_EQ(ArchiveNames("/a", "/a", ArchiveNaming::kNumber).directory(), "/");
  EXPECT_EQ(names(ArchiveNaming::kNumber).path_of("x"), "/l/x");
}

}  // namespace
}  // namespace shippers
