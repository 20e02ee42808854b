#include "shippers/file/file_maker.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/faulty_file_system.h"
#include "tests/support/temporary_directory.h"

namespace shippers {
namespace {

class FileMakerTest : public testing::Test {
 protected:
  FileMakerTest() : umask_before_(::umask(077)) {}
  ~FileMakerTest() override { ::umask(umask_before_); }

  test_support::TemporaryDirectory directory_;
  std::string path_ = directory_ / "a/b/current";
  test_support::FaultyFileSystem files_;
  base::RealFileSystem real_;
  mode_t umask_before_;
};

TEST_F(FileMakerTest, ANewFileHasExactlyTheModeWhateverTheUmask) {
  ASSERT_TRUE(make_file(files_, path_, 0664, {}));
  EXPECT_EQ(real_.status(path_)->mode, 0664U);
}

TEST_F(FileMakerTest, AnExistingFileKeepsItsModeAndItsBytes) {
  test_support::write_file(directory_ / "x", "old");
  ASSERT_EQ(::chmod((directory_ / "x").c_str(), 0604), 0);
  const auto made = make_file(files_, directory_ / "x", 0640, {});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->status.size, 3U);
  EXPECT_EQ(real_.status(directory_ / "x")->mode, 0604U);
}

TEST_F(FileMakerTest, FilesAndNewDirectoriesBelongToTheOwner) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root may give files away";
  }
  const base::FileOwner owner{.uid = 1234, .gid = 5678};
  const auto made = make_file(files_, path_, 0640, owner);
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->trouble);
  for (const std::string& path : {path_, directory_ / "a", directory_ / "a/b"}) {
    EXPECT_EQ(real_.status(path)->uid, 1234U) << path;
    EXPECT_EQ(real_.status(path)->gid, 5678U) << path;
  }
  EXPECT_EQ(real_.status(directory_.path())->uid, 0U);
}

TEST_F(FileMakerTest, AFileThatCannotBeGivenAwayIsUsedAndTold) {
  ASSERT_TRUE(make_file(files_, path_, 0600, {}));
  files_.set_fault({.call = 3, .forever = false, .sys_errno = EPERM});
  const auto made = make_file(files_, path_, 0600, {.uid = 4321, .gid = std::nullopt});
  ASSERT_TRUE(made);
  ASSERT_TRUE(made->trouble);
  EXPECT_EQ(made->trouble->message, path_ + ": fchown: Operation not permitted");
}

TEST_F(FileMakerTest, OwnersAreNamesOrNumbers) {
  logging::FileSinkConfig config;
  EXPECT_TRUE(find_owner(config)->empty());
  config.user = "root";
  EXPECT_EQ(find_owner(config)->gid, 0U);
  config.group = "4242";
  EXPECT_EQ(find_owner(config)->uid, 0U);
  EXPECT_EQ(find_owner(config)->gid, 4242U);
  config.user = "nobody-of-that-name";
  EXPECT_EQ(find_owner(config).error().code, base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace shippers
