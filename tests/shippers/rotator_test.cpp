#include "shippers/file/rotator.h"

#include <gtest/gtest.h>

#include "tests/support/faulty_file_system.h"
#include "tests/support/temporary_directory.h"

namespace shippers {
namespace {

using test_support::list_names;
using test_support::write_file;

constexpr std::uint64_t kTimeNs = 1'704'164'645'678'000'000ULL;  // 2024-01-02T03:04:05.678Z
const std::string kArchive = "current.20240102T030405.678Z";

class RotatorTest : public testing::Test {
 protected:
  Rotator rotator(std::uint32_t keep) { return {files_, record_, path_, keep}; }
  void make_file() {
    write_file(path_, "x");
    record_.identity = files_.status(path_)->identity;
  }

  test_support::TemporaryDirectory directory_;
  std::string path_ = directory_ / "current";
  test_support::FaultyFileSystem files_;
  FileRecord record_{};
};

TEST(ArchiveNameTest, NamesTheTimeInUtcAndCountsWhereItIsTaken) {
  EXPECT_EQ(archive_name("current", kTimeNs / 1'000'000, 0), kArchive);
  EXPECT_EQ(archive_name("current", kTimeNs / 1'000'000, 7), kArchive + ".007");
}

TEST(ArchiveNameTest, KnowsItsOwnNamesOnly) {
  EXPECT_TRUE(is_archive_name("current", kArchive));
  EXPECT_TRUE(is_archive_name("current", kArchive + ".007"));
  EXPECT_TRUE(is_archive_name("current", kArchive + ".gz"));
  for (const char* name :
       {"current", "current.1", "current.20240102T030405.678", "other.20240102T030405.678Z",
        "current.20240102T030405.678Z.tmp", "current.20240102T030405.678Z.07", "current.old"}) {
    EXPECT_FALSE(is_archive_name("current", name)) << name;
  }
}

TEST_F(RotatorTest, NamesNeverGoBackInTime) {
  make_file();
  Rotator subject = rotator(10);
  ASSERT_TRUE(subject.rename_away(kTimeNs));
  ASSERT_TRUE(subject.prune());
  make_file();
  ASSERT_TRUE(subject.rename_away(kTimeNs - 5'000'000'000));
  ASSERT_TRUE(subject.prune());
  EXPECT_THAT(list_names(directory_.path()),
              testing::ElementsAre(kArchive, "current.20240102T030405.679Z"));
}

TEST_F(RotatorTest, ANameThatIsTakenGetsACounter) {
  write_file(directory_ / kArchive, "older");
  make_file();
  ASSERT_TRUE(rotator(10).rename_away(kTimeNs));
  EXPECT_THAT(list_names(directory_.path()), testing::ElementsAre(kArchive, kArchive + ".001"));
  EXPECT_EQ(test_support::read_file(directory_ / kArchive), "older");
}

TEST_F(RotatorTest, DeletesTheOldestBeyondKeepAndNothingElse) {
  for (const char* name : {"current.20240102T030405.001Z", "current.20240102T030405.002Z.001",
                           "current.20240102T030405.002Z", "current.keep", "nginx"}) {
    write_file(directory_ / name, "x");
  }
  ASSERT_TRUE(rotator(1).prune());
  EXPECT_THAT(list_names(directory_.path()),
              testing::ElementsAre("current.20240102T030405.002Z.001", "current.keep", "nginx"));
}

TEST_F(RotatorTest, KeepZeroKeepsNone) {
  make_file();
  Rotator subject = rotator(0);
  ASSERT_TRUE(subject.rename_away(kTimeNs));
  ASSERT_TRUE(subject.prune());
  EXPECT_THAT(list_names(directory_.path()), testing::IsEmpty());
  EXPECT_EQ(subject.step(), RotationStep::kNone);
}

TEST_F(RotatorTest, AFailedRenameLeavesNoStepBehind) {
  make_file();
  Rotator subject = rotator(1);
  files_.set_fault({.call = 2, .forever = true, .sys_errno = EROFS});
  EXPECT_FALSE(subject.rename_away(kTimeNs));
  EXPECT_EQ(subject.step(), RotationStep::kNone);
}

TEST_F(RotatorTest, FinishesARenameThatWasOnlyNoted) {
  make_file();
  kArchive.copy(record_.rotation.archive.data(), kArchive.size());
  record_.rotation.step = RotationStep::kRename;
  ASSERT_TRUE(rotator(1).finish_rename());
  EXPECT_THAT(list_names(directory_.path()), testing::ElementsAre(kArchive));
  EXPECT_EQ(record_.rotation.step, RotationStep::kPrune);
}

TEST_F(RotatorTest, DoesNotRenameAnotherFileThatHasTakenThePath) {
  make_file();
  std::filesystem::rename(path_, directory_ / kArchive);
  write_file(path_, "new");
  kArchive.copy(record_.rotation.archive.data(), kArchive.size());
  record_.rotation.step = RotationStep::kRename;
  ASSERT_TRUE(rotator(1).finish_rename());
  EXPECT_EQ(test_support::read_file(path_), "new");
  EXPECT_EQ(test_support::read_file(directory_ / kArchive), "x");
}

}  // namespace
}  // namespace shippers
