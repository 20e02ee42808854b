#include "shippers/file/archive_keeper.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/shippers/sink_world.h"

namespace shippers {
namespace {

using test_support::list_names;
using test_support::write_file;

class ArchiveKeeperTest : public testing::Test {
 protected:
  ArchiveKeeperTest() {
    rules_.compress = logging::ArchiveCompress::kGzip;
    rules_.naming = logging::ArchiveNaming::kNumber;
  }
  ~ArchiveKeeperTest() override { world_.background.stop(); }

  ArchiveKeeper& keeper() {
    if (!keeper_) {
      auto files = std::make_unique<test_support::FaultyFileSystem>();
      files_ = files.get();
      keeper_.emplace(rules_, std::move(files), world_.background, [this] { woken_.set_value(); });
    }
    return *keeper_;
  }
  ArchiveNames names() { return {path("current"), path("current"), rules_.naming}; }
  std::string path(const std::string& name) { return world_.directory / name; }
  std::vector<std::string> listed() { return list_names(world_.directory.path()); }

  SinkWorld world_;
  logging::RotateConfig rules_;
  test_support::FaultyFileSystem* files_ = nullptr;
  std::promise<void> woken_;
  std::optional<ArchiveKeeper> keeper_;
};

TEST_F(ArchiveKeeperTest, PacksEveryArchiveAndNothingElse) {
  write_file(path("current"), "now\n");
  write_file(path("current.1"), "one\n");
  write_file(path("current.2"), "two\n");
  write_file(path("current.old"), "old\n");
  keeper().tidy(names());
  world_.finish_background();
  EXPECT_THAT(listed(),
              testing::ElementsAre("current", "current.1.gz", "current.2.gz", "current.old"));
  EXPECT_EQ(read_log(path("current.2.gz")), "two\n");
  EXPECT_FALSE(keeper().take_trouble());
}

TEST_F(ArchiveKeeperTest, ThePackedFileHasModeAndTimeOfTheArchive) {
  write_file(path("current.1"), "one\n");
  ASSERT_EQ(::chmod(path("current.1").c_str(), 0604), 0);
  base::RealFileSystem real;
  ASSERT_TRUE(real.set_modified(real.open_read(path("current.1"))->get(), 5'000'000'007));
  keeper().tidy(names());
  world_.finish_background();
  const auto status = real.status(path("current.1.gz"));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->mode, 0604U);
  EXPECT_EQ(status->modified_ns, 5'000'000'007U);
}

TEST_F(ArchiveKeeperTest, WhatADeadRouterLeftIsMadeGood) {
  write_file(path("current.1.gz.tmp"), "half");
  write_file(path("current.2"), "two\n");
  write_file(path("current.2.gz"), "made before the death");
  keeper().tidy(names());
  world_.finish_background();
  EXPECT_THAT(listed(), testing::ElementsAre("current.2.gz"));
  EXPECT_EQ(read_log(path("current.2.gz")), "two\n");
}

TEST_F(ArchiveKeeperTest, AnyFailureLeavesTheArchiveAndIsTold) {
  for (std::size_t call = 1; call < 40; ++call) {
    keeper_.reset();
    woken_ = {};
    std::filesystem::remove(path("current.1.gz"));
    write_file(path("current.1"), "one\n");
    keeper();
    files_->set_fault({.call = call, .forever = false, .sys_errno = ENOSPC});
    keeper().tidy(names());
    world_.finish_background();
    const bool failed = files_->failures() > 0;
    const bool packed = std::filesystem::exists(path("current.1.gz"));
    const bool plain = std::filesystem::exists(path("current.1"));
    EXPECT_TRUE(packed || plain) << call;
    EXPECT_FALSE(std::filesystem::exists(path("current.1.gz.tmp"))) << call;
    if (plain) {
      EXPECT_TRUE(failed);
      EXPECT_EQ(read_log(path("current.1")), "one\n");
    }
    if (!failed) {
      EXPECT_GT(call, 15U);
      return;
    }
  }
  FAIL() << "it never came through";
}

TEST_F(ArchiveKeeperTest, TheCommandGetsThePackedFile) {
  ASSERT_EQ(::mkfifo(path("told").c_str(), 0600), 0);
  rules_.command = {.argv = {"echo $BIRL_FILE >${BIRL_FILE%/*}/told"}, .shell = true};
  write_file(path("current.1"), "one\n");
  keeper().take_new(names(), path("current.1"));
  EXPECT_EQ(test_support::read_file(path("told")), path("current.1.gz") + "\n");  // waits for it
}

TEST_F(ArchiveKeeperTest, ACommandThatFailsIsTold) {
  rules_.compress = logging::ArchiveCompress::kNone;
  rules_.command = {.argv = {"exit 9"}, .shell = true};
  write_file(path("current.1"), "one\n");
  keeper().take_new(names(), path("current.1"));
  woken_.get_future().wait();
  const auto trouble = keeper().take_trouble();
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->message,
            "cannot run rotate.command for " + path("current.1") + ": it ended with 9");
}

TEST_F(ArchiveKeeperTest, AnArchiveThatIsGoneHasNoCommand) {
  rules_.command = {.argv = {"exit 9"}, .shell = true};
  keeper().take_new(names(), path("current.1"));
  world_.finish_background();
  EXPECT_FALSE(keeper().take_trouble());
}

}  // namespace
}  // namespace shippers
