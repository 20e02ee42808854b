// No failing system call makes the file sink lose or double a line (shippers/file/file_settle.cpp).
//
// A scenario runs again and again; the N-th call of the file system fails, for N = 1, 2, ... until
// the scenario comes through untouched. Once: it is tried again by itself. For ever: nothing gets
// through until the disk is repaired, and then everything does.
#include <gtest/gtest.h>

#include "shippers/file/file_writer.h"
#include "tests/shippers/sink_world.h"

namespace shippers {
namespace {

std::string numbered(int first, int count) {
  std::string text;
  for (int line = first; line < first + count; ++line) {
    text += "line " + std::to_string(line) + "\n";
  }
  return text;
}

class FileFaultTest : public testing::TestWithParam<int> {
 protected:
  struct Outcome {
    bool failed = false;
    std::string last_error;
  };

  static constexpr int kRounds = 6;

  /// The scenario: makes a directory, writes, rotates, prunes nothing, follows a moved file.
  static Outcome run(const test_support::Fault& fault) {
    SinkWorld world;
    TestService& web = world.add_service("web");
    logging::FileSinkConfig config;
    config.path = world.directory / "{service}/current";
    config.rotate.size.bytes = 300;
    config.rotate.keep = 1000;
    logging::SinkReport report(world.state());
    TestFiles files(world);
    files.faults->set_append_bytes_max(70);
    files.faults->set_fault(fault);
    TestRouter router(world, make_file_sink(files, report, config));
    for (int round = 0; round < kRounds; ++round) {
      EXPECT_TRUE(web.feed(kOutPipe, numbered(round * 20, 20)));
      if (!router.drain()) {
        EXPECT_TRUE(fault.forever);
        EXPECT_TRUE(report.is_failing());
        files.faults->repair();
        EXPECT_TRUE(router.drain());
      }
    }
    EXPECT_FALSE(report.is_failing());
    const std::string path = world.directory / "web/current";
    EXPECT_EQ(read_generations(path), numbered(0, kRounds * 20));
    return {.failed = files.faults->failures() > 0, .last_error = world.state().last_error.data()};
  }

  static void fail_every_call(bool forever, int sys_errno) {
    std::size_t call = 1;
    for (bool failed = true; failed; ++call) {
      failed = run({.call = call, .forever = forever, .sys_errno = sys_errno}).failed;
      ASSERT_FALSE(HasFailure()) << "call " << call;
    }
    EXPECT_GT(call, 40U);
  }
};

TEST_P(FileFaultTest, OneFailureIsTriedAgain) {
  fail_every_call(false, GetParam());
}

TEST_P(FileFaultTest, AFailureThatStaysIsReportedAndNothingIsLostWhenItEnds) {
  if (GetParam() == EINTR) {
    GTEST_SKIP() << "a write that is interrupted for ever would be tried for ever";
  }
  fail_every_call(true, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Errors, FileFaultTest,
                         testing::Values(ENOSPC, EIO, EROFS, ENOENT, EINTR, EACCES, EDQUOT));

TEST(FileTroubleTest, AnArchiveThatCannotBeDeletedStopsNothingAndIsTold) {
  SinkWorld world;
  TestService& web = world.add_service("web");
  logging::FileSinkConfig config;
  config.path = world.directory / "current";
  config.rotate.size.bytes = 100;
  config.rotate.keep = 0;
  logging::SinkReport report(world.state());
  TestFiles files(world);
  TestRouter router(world, make_file_sink(files, report, config));
  // A directory under an archive's name cannot be unlinked.
  std::filesystem::create_directory(world.directory / "current.20240102T030405.678Z");
  ASSERT_TRUE(web.feed(kOutPipe, numbered(0, 30)));
  ASSERT_TRUE(router.drain());
  EXPECT_FALSE(report.is_failing());
  EXPECT_THAT(world.state().last_error.data(), testing::HasSubstr("cannot remove"));
  EXPECT_TRUE(test_support::read_file(world.directory / "current").ends_with("line 29\n"));
}

class LinesGivenUpTest : public testing::Test {
 protected:
  LinesGivenUpTest() {
    config_.path = world_.directory / "current";
    web_ = &world_.add_service("web");
    router_ = std::make_unique<TestRouter>(world_, make_file_sink(files_, report_, config_));
    files_.faults->set_append_bytes_max(25);
    EXPECT_TRUE(web_->feed(kOutPipe, "first\n"));
    EXPECT_TRUE(router_->drain());
    EXPECT_TRUE(web_->feed(kOutPipe, numbered(0, 20)));
    files_.faults->set_fault({.call = 3, .forever = true, .sys_errno = ENOSPC});
    EXPECT_FALSE(router_->drain());
    EXPECT_EQ(test_support::read_file(path_), "first\nline 0\nline 1\nline 2\nline");
  }

  /// As the writer thread does after block_limit.
  void give_up_all() {
    logging::RingConsumer& consumer = *router_->consumers[0];
    const auto frames = consumer.peek(1U << 20U);
    ASSERT_EQ(frames->size(), 1U);
    const logging::FrameView& frame = frames->front();
    logging::DropCounts dropped{};
    dropped[static_cast<std::size_t>(logging::DropReason::kBlockLimit)] = 20;
    consumer.commit(logging::RingConsumer::advance(consumer.cursor(), frame, frame.bytes.size()),
                    dropped);
  }

  SinkWorld world_;
  logging::SinkReport report_{world_.state()};
  logging::FileSinkConfig config_;
  std::string path_ = world_.directory / "current";
  TestFiles files_{world_};
  TestService* web_ = nullptr;
  std::unique_ptr<TestRouter> router_;
};

TEST_F(LinesGivenUpTest, AHalfWrittenRunIsTakenBack) {
  give_up_all();
  files_.faults->repair();
  ASSERT_TRUE(web_->feed(kOutPipe, "next\n"));
  ASSERT_TRUE(router_->drain());
  EXPECT_EQ(test_support::read_file(path_), "first\nnext\n");
}

TEST_F(LinesGivenUpTest, ARunThatIsWaitedForIsCompletedInPlace) {
  files_.faults->repair();
  ASSERT_TRUE(router_->drain());
  EXPECT_EQ(files_.faults->truncations(), 0U);
  EXPECT_EQ(test_support::read_file(path_), "first\n" + numbered(0, 20));
}

TEST_F(LinesGivenUpTest, AFileThatDiffersIsCutBackAndWrittenAgain) {
  std::filesystem::resize_file(path_, 10);
  std::filesystem::resize_file(path_, 12);  // two NUL bytes
  files_.faults->repair();
  ASSERT_TRUE(router_->drain());
  EXPECT_EQ(test_support::read_file(path_), "first\n" + numbered(0, 20));
}

TEST_F(LinesGivenUpTest, AFileCutShortIsNotExtended) {
  std::filesystem::resize_file(path_, 0);
  files_.faults->repair();
  ASSERT_TRUE(router_->drain());
  EXPECT_EQ(test_support::read_file(path_), numbered(0, 20));
}

TEST_F(LinesGivenUpTest, AMovedFileIsCompletedWhereItIs) {
  const std::string moved = world_.directory / "current.1";
  std::filesystem::rename(path_, moved);
  router_.reset();
  TestFiles next(world_);
  TestRouter router(world_, make_file_sink(next, report_, config_));
  ASSERT_TRUE(router.drain());
  ASSERT_TRUE(web_->feed(kOutPipe, "next\n"));
  ASSERT_TRUE(router.drain());
  EXPECT_EQ(test_support::read_file(moved), "first\n" + numbered(0, 20));
  EXPECT_EQ(test_support::read_file(path_), "next\n");
}

TEST_F(LinesGivenUpTest, ADeletedFileIsWrittenAgainWhole) {
  std::filesystem::remove(path_);
  files_.faults->repair();
  ASSERT_TRUE(router_->drain());
  EXPECT_EQ(test_support::read_file(path_), numbered(0, 20));
}

TEST_F(LinesGivenUpTest, AHalfLineOfARingThatIsGoneIsEndedFirst) {
  router_.reset();
  world_.services.clear();
  TestService& other = world_.add_service("other");
  other.fd = base::Fd();
  ASSERT_TRUE(other.feed(kOutPipe, "new\n"));
  world_.record(0).write.ring_id = 4711;
  TestFiles next(world_);
  TestRouter router(world_, make_file_sink(next, report_, config_));
  ASSERT_TRUE(router.drain());
  EXPECT_EQ(test_support::read_file(path_), "first\nline 0\nline 1\nline 2\nline\nnew\n");
}

}  // namespace
}  // namespace shippers
