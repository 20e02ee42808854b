// Paths that hold a date (shippers/file/file_dates.cpp).
#include <gtest/gtest.h>

#include "base/date_format.h"
#include "tests/shippers/sink_world.h"

namespace shippers {
namespace {

constexpr std::uint64_t kDay = 86'400 * base::kNsPerSecond;

class FileDatesTest : public testing::Test {
 protected:
  FileDatesTest() {
    config_.path = world_.directory / "{service}-{date:%F}.log";
    web_ = &world_.add_service("web");
    // Noon: the test's few seconds are all of one day.
    world_.clock_ahead_ns = 3 * kDay / 2 - base::realtime_ns() % kDay;
  }
  void start() {
    files_ = std::make_unique<TestFiles>(world_);
    router_ = std::make_unique<TestRouter>(world_, make_file_sink(*files_, report_, config_));
  }
  void write(const std::string& text) {
    ASSERT_TRUE(web_->feed(kOutPipe, text));
    ASSERT_TRUE(router_->drain());
  }
  std::string path(const std::string& service = "web") {
    return world_.directory /
           (service + "-" + base::format_date("%F", base::realtime_ns() + world_.clock_ahead_ns) +
            ".log");
  }
  [[nodiscard]] std::size_t records() const {
    return FileRecordTable(world_.records(), {"files"}).used();
  }

  SinkWorld world_;
  logging::SinkReport report_{world_.state()};
  logging::FileSinkConfig config_;
  TestService* web_ = nullptr;
  std::unique_ptr<TestFiles> files_;
  std::unique_ptr<TestRouter> router_;
};

TEST_F(FileDatesTest, ANewDateIsANewFileAndTheOldOneStays) {
  start();
  const std::string first = path();
  write("one\n");
  world_.clock_ahead_ns += kDay;
  write("two\n");
  EXPECT_EQ(read_log(first), "one\n");
  EXPECT_NE(path(), first);
  EXPECT_EQ(read_log(path()), "two\n");
  EXPECT_EQ(records(), 1U);
}

TEST_F(FileDatesTest, TheDateNeverGoesBack) {
  start();
  write("one\n");
  const std::string first = path();
  world_.clock_ahead_ns -= kDay;
  write("two\n");
  EXPECT_EQ(read_log(first), "one\ntwo\n");
}

TEST_F(FileDatesTest, FilesOfOtherDatesArePrunedAndPackedLikeArchives) {
  config_.rotate.keep = 2;
  config_.rotate.compress = logging::ArchiveCompress::kGzip;
  start();
  std::vector<std::string> days;
  for (int day = 0; day < 5; ++day) {
    write("day " + std::to_string(day) + "\n");
    world_.finish_background();
    days.push_back(path());
    world_.clock_ahead_ns += kDay;
  }
  world_.clock_ahead_ns -= kDay;
  EXPECT_FALSE(std::filesystem::exists(days[0] + ".gz"));
  EXPECT_FALSE(std::filesystem::exists(days[1] + ".gz"));
  EXPECT_EQ(read_log(days[2] + ".gz"), "day 2\n");
  EXPECT_EQ(read_log(days[3] + ".gz"), "day 3\n");
  EXPECT_EQ(read_log(days[4]), "day 4\n");
  EXPECT_EQ(test_support::list_names(world_.directory.path()).size(), 3U);
}

TEST_F(FileDatesTest, WhatIsHalfWrittenIsCompletedUnderItsOwnDate) {
  start();
  const std::string first = path();
  write("one\n");
  files_->faults->set_append_bytes_max(3);
  files_->faults->set_fault({.call = 3, .forever = true, .sys_errno = ENOSPC});
  ASSERT_TRUE(web_->feed(kOutPipe, "a longer line\n"));
  EXPECT_FALSE(router_->drain());
  world_.clock_ahead_ns += kDay;
  files_->faults->repair();
  ASSERT_TRUE(router_->drain());
  write("two\n");
  EXPECT_EQ(read_log(first), "one\na longer line\n");
  EXPECT_EQ(read_log(path()), "two\n");
}

}  // namespace
}  // namespace shippers
