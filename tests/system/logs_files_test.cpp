// `birl logs PATH`: the files that sinks wrote, rotated and packed ones too, with and without an
// instance. (supervisor/control/file_logs.h)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/instance.h"

namespace support {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::MatchesRegex;

/// 3000 lines go through files of 64 KiB that are packed when they are full.
constexpr const char* kFiles = R"(
[sink.files]
type = "file"
path = "@DIR@/log/{service}/current"
timestamp = "tai64n"
rotate = { size = "64KiB", keep = 100, compress = "gzip", naming = "tai64n" }
[sink.json]
type = "file"
path = "@DIR@/log/{service}/json"
format = "json"
[service.gen]
type = "oneshot"
log = ["files", "json"]
command = ["@LOGGEN@", "--lines", "3000"]
[service.app]
primary = true
log = ["files"]
command = "@ACTOR@ say-both 2; exec @ACTOR@ wait"
)";

class LogFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(birl_.wait_state("gen", "done"));
    ASSERT_TRUE(eventually([&] { return birl_.sink("files")["delivered"] == 3004; }));
    birl_.stop();
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return std::string(birl_.directory() / ("log/" + name));
  }
  [[nodiscard]] std::vector<std::string> lines(std::vector<std::string> words) const {
    words.insert(words.begin(), "logs");
    return lines_of(birl_.cli(words).out);
  }

  Instance birl_{{.config = kFiles}};
};

TEST_F(LogFilesTest, AFileComesWithItsPackedArchivesAndReadableTimes) {
  const auto all = lines({path("gen/current")});
  ASSERT_EQ(all.size(), 3000U);
  EXPECT_THAT(all, Each(MatchesRegex("20..-..-..T..:..:..[.]...Z gen out 0.*")));
  EXPECT_THAT(all.front(), HasSubstr(" out 000000000001 "));
  EXPECT_THAT(all.back(), HasSubstr(" out 000000003000 "));
  EXPECT_EQ(lines({path("gen")}), all);  // the directory that holds `current`
}

TEST_F(LogFilesTest, TheUsualChoicesHold) {
  const auto last = lines({path("gen/current"), "-n", "2"});
  ASSERT_EQ(last.size(), 2U);
  EXPECT_THAT(last.front(), HasSubstr(" out 000000002999 "));
  EXPECT_EQ(lines({path("gen/current"), "--grep", "out 0000000012.. "}).size(), 100U);
  EXPECT_EQ(lines({path("gen/current"), "--since", "1h"}).size(), 3000U);
  EXPECT_EQ(lines({path("gen/current"), "--until", "1h"}).size(), 0U);
  EXPECT_EQ(lines({path("gen/json"), "--stream", "stdout"}).size(), 3000U);
  EXPECT_EQ(lines({path("gen/json"), "--stream", "stderr"}).size(), 0U);
}

TEST_F(LogFilesTest, SeveralAreMergedByTimeUnderTheirPaths) {
  const auto all = lines({path("gen/current"), path("app/current")});
  EXPECT_EQ(all.size(), 3004U);
  EXPECT_THAT(all, testing::Contains(MatchesRegex(".*/log/app/current [|] 20.*Z out 2")));
  const auto json = lines({path("app/current"), "--json", "--grep", "err 1"});
  ASSERT_EQ(json.size(), 1U);
  EXPECT_THAT(json[0], HasSubstr(R"("message":"err 1")"));
}

TEST_F(LogFilesTest, WhatCannotBeIsSaid) {
  const auto absent = birl_.cli({"logs", path("gen/absent")});
  EXPECT_EQ(absent.code, 1);
  EXPECT_THAT(absent.err, HasSubstr("there is no such file, nor an archive of it"));
  const auto mixed = birl_.cli({"logs", "gen", path("gen/current")});
  EXPECT_EQ(mixed.code, 2);
  EXPECT_THAT(mixed.err, HasSubstr("cannot show files and services together"));
  EXPECT_EQ(birl_.cli({"logs", "-f", path("gen/current")}).code, 2);
}

}  // namespace
}  // namespace support
