// What a file needs besides writes (shippers/file/file_writer.h, tend()), on both clocks
// (shippers/moment.h): rotation by time, syncing, deleting what is too old.
#include <gtest/gtest.h>

#include "tests/shippers/sink_world.h"

namespace shippers {
namespace {

constexpr std::uint64_t kHour = 3600 * base::kNsPerSecond;

class FileUpkeepTest : public testing::Test {
 protected:
  FileUpkeepTest() {
    config_.path = path_;
    web_ = &world_.add_service("web");
  }
  void start() {
    files_ = std::make_unique<TestFiles>(world_);
    router_ = std::make_unique<TestRouter>(world_, make_file_sink(*files_, report_, config_));
  }
  void write(const std::string& text) {
    ASSERT_TRUE(web_->feed(kOutPipe, text));
    ASSERT_TRUE(router_->drain());
  }
  std::uint64_t tend() { return router_->sink->tend(router_->now_ns); }
  /// To the middle of an hour, so that the test is not at an edge.
  void leave_the_edge() { world_.clock_ahead_ns += 3 * kHour / 2 - base::realtime_ns() % kHour; }
  void pass(std::uint64_t ns) {
    world_.clock_ahead_ns += ns;
    router_->now_ns += ns;
  }

  SinkWorld world_;
  logging::SinkReport report_{world_.state()};
  logging::FileSinkConfig config_;
  std::string path_ = world_.directory / "current";
  TestService* web_ = nullptr;
  std::unique_ptr<TestFiles> files_;
  std::unique_ptr<TestRouter> router_;
};

TEST_F(FileUpkeepTest, NothingToTendMeansNoWakeUp) {
  start();
  write("x\n");
  EXPECT_EQ(tend(), 0U);
}

TEST_F(FileUpkeepTest, AnIntervalEndsAFileEvenWithoutANewLine) {
  config_.rotate.interval = base::Duration{kHour};
  leave_the_edge();
  start();
  EXPECT_EQ(tend(), 0U);
  write("one\n");
  const std::uint64_t due_ns = tend();
  EXPECT_GT(due_ns, router_->now_ns + kHour / 3);
  EXPECT_LT(due_ns, router_->now_ns + kHour * 2 / 3);
  EXPECT_EQ(generations(path_).size(), 1U);
  pass(kHour);
  EXPECT_EQ(tend(), 0U);
  const auto files = generations(path_);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(read_log(files[0]), "one\n");
  EXPECT_EQ(read_log(files[1]), "");
  pass(3 * kHour);
  EXPECT_EQ(tend(), 0U);  // an empty file is not rotated
  write("two\n");
  EXPECT_EQ(generations(path_).size(), 2U);
}

TEST_F(FileUpkeepTest, ALineOfTheNextIntervalIsNotInTheOldFile) {
  config_.rotate.interval = base::Duration{kHour};
  leave_the_edge();
  start();
  write("one\n");
  pass(kHour);
  write("two\n");
  const auto files = generations(path_);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(read_log(files[0]), "one\n");
  EXPECT_EQ(read_log(files[1]), "two\n");
}

TEST_F(FileUpkeepTest, ANewRouterKnowsWhenTheFileWasBegun) {
  config_.rotate.interval = base::Duration{kHour};
  leave_the_edge();
  start();
  write("one\n");
  router_.reset();
  world_.clock_ahead_ns += kHour;
  start();
  write("two\n");
  EXPECT_EQ(read_log(path_), "two\n");
}

TEST_F(FileUpkeepTest, ALineThatIsOpenIsNotSplitByTheInterval) {
  config_.rotate.interval = base::Duration{kHour};
  leave_the_edge();
  start();
  const std::string part(16 * 1024, 'x');
  write(part);
  pass(kHour);
  static_cast<void>(tend());
  EXPECT_EQ(generations(path_).size(), 1U);
  write("end\n");
  EXPECT_EQ(generations(path_).size(), 1U);
  static_cast<void>(tend());
  EXPECT_EQ(read_generations(path_), part + "end\n");
  EXPECT_EQ(generations(path_).size(), 2U);
}

TEST_F(FileUpkeepTest, SyncsAfterTheIntervalOnlyWhatIsNew) {
  config_.sync = logging::FileSync::kInterval;
  start();
  write("x\n");
  const std::size_t before = files_->faults->syncs();
  EXPECT_EQ(tend(), router_->now_ns + base::kNsPerSecond);
  EXPECT_EQ(files_->faults->syncs(), before);
  pass(base::kNsPerSecond);
  EXPECT_EQ(tend(), 0U);
  EXPECT_EQ(files_->faults->syncs(), before + 1);
  pass(base::kNsPerSecond);
  EXPECT_EQ(tend(), 0U);
  EXPECT_EQ(files_->faults->syncs(), before + 1);
}

TEST_F(FileUpkeepTest, SyncsBeforeARotation) {
  config_.sync = logging::FileSync::kRotate;
  start();
  write("x\n");
  EXPECT_EQ(tend(), 0U);
  EXPECT_EQ(files_->faults->syncs(), 0U);
  router_->sink->rotate();
  EXPECT_EQ(files_->faults->syncs(), 1U);
}

TEST_F(FileUpkeepTest, ASyncThatFailsIsToldAndTriedAgain) {
  config_.sync = logging::FileSync::kInterval;
  start();
  write("x\n");
  pass(base::kNsPerSecond);
  files_->faults->set_fault({.call = 1, .forever = false, .sys_errno = EIO});
  EXPECT_EQ(tend(), router_->now_ns + base::kNsPerSecond);
  EXPECT_THAT(world_.state().last_error.data(), testing::HasSubstr(path_ + ": fdatasync"));
  EXPECT_FALSE(report_.is_failing());
  pass(base::kNsPerSecond);
  EXPECT_EQ(tend(), 0U);
}

TEST_F(FileUpkeepTest, ArchivesGoWhenTheyAreTooOldThoughNothingIsWritten) {
  config_.rotate.keep_age = base::Duration{kHour};
  start();
  write("x\n");
  router_->sink->rotate();
  EXPECT_EQ(generations(path_).size(), 2U);
  const std::uint64_t due_ns = tend();
  EXPECT_GT(due_ns, router_->now_ns);
  EXPECT_LE(due_ns, router_->now_ns + kHour);
  pass(kHour);
  EXPECT_EQ(tend(), 0U);
  EXPECT_EQ(generations(path_).size(), 1U);
}

TEST_F(FileUpkeepTest, NumberedArchivesArePackedUnderTheNumberThatTheyHaveThen) {
  config_.rotate.size.bytes = 40;
  config_.rotate.keep = 100;
  config_.rotate.naming = logging::ArchiveNaming::kNumber;
  config_.rotate.compress = logging::ArchiveCompress::kGzip;
  start();
  std::string all;
  for (int line = 0; line < 200; ++line) {
    const std::string text = "line " + std::to_string(line) + "\n";
    write(text);
    all += text;
  }
  world_.finish_background();
  EXPECT_EQ(read_generations(path_, logging::ArchiveNaming::kNumber), all);
  for (const std::string& file : generations(path_, logging::ArchiveNaming::kNumber)) {
    EXPECT_EQ(file.ends_with(".gz"), file != path_) << file;
  }
}

}  // namespace
}  // namespace shippers
