#include "shippers/file/rotator.h"

#include <gtest/gtest.h>

#include <map>

#include "base/clock.h"

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
  Rotator rotator(std::uint32_t keep) {
    rules_.keep = keep;
    return {files_, record_, ArchiveNames(path_, path_, rules_.naming), rules_, lock_};
  }
  void make_file() {
    write_file(path_, "x");
    record_.identity = files_.status(path_)->identity;
  }

  test_support::TemporaryDirectory directory_;
  std::string path_ = directory_ / "current";
  test_support::FaultyFileSystem files_;
  FileRecord record_{};
  logging::RotateConfig rules_;
  std::mutex lock_;
};

TEST_F(RotatorTest, NamesNeverGoBackInTime) {
  make_file();
  Rotator subject = rotator(10);
  ASSERT_TRUE(subject.rename_away(kTimeNs));
  ASSERT_TRUE(subject.prune(kTimeNs));
  make_file();
  ASSERT_TRUE(subject.rename_away(kTimeNs - 5'000'000'000));
  ASSERT_TRUE(subject.prune(kTimeNs));
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
  ASSERT_TRUE(rotator(1).prune(kTimeNs));
  EXPECT_THAT(list_names(directory_.path()),
              testing::ElementsAre("current.20240102T030405.002Z.001", "current.keep", "nginx"));
}

TEST_F(RotatorTest, KeepZeroKeepsNone) {
  make_file();
  Rotator subject = rotator(0);
  ASSERT_TRUE(subject.rename_away(kTimeNs));
  ASSERT_TRUE(subject.prune(kTimeNs));
  EXPECT_THAT(list_names(directory_.path()), testing::IsEmpty());
  subject.finish();
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

class NumberedRotatorTest : public RotatorTest {
 protected:
  NumberedRotatorTest() { rules_.naming = logging::ArchiveNaming::kNumber; }
  void write(const std::string& name, const std::string& text) {
    write_file(directory_ / name, text);
  }
  std::map<std::string, std::string> texts() {
    std::map<std::string, std::string> all;
    for (const std::string& name : list_names(directory_.path())) {
      all[name] = test_support::read_file(directory_ / name);
    }
    return all;
  }
  using Texts = std::map<std::string, std::string>;
};

TEST_F(NumberedRotatorTest, TheNewestIsOneAndTheOthersMoveUp) {
  make_file();
  write("current.1", "one");
  write("current.2.gz", "two");
  ASSERT_TRUE(rotator(10).rename_away(kTimeNs));
  EXPECT_EQ(texts(), (Texts{{"current.1", "x"}, {"current.2", "one"}, {"current.3.gz", "two"}}));
}

TEST_F(NumberedRotatorTest, AShiftEndsAtTheFirstFreeNumber) {
  make_file();
  write("current.1", "one");
  write("current.3", "three");
  ASSERT_TRUE(rotator(10).rename_away(kTimeNs));
  EXPECT_EQ(texts(), (Texts{{"current.1", "x"}, {"current.2", "one"}, {"current.3", "three"}}));
}

TEST_F(NumberedRotatorTest, AShiftThatFailsHalfWayLosesNothingAndGoesOn) {
  make_file();
  write("current.1", "one");
  write("current.2", "two");
  Rotator subject = rotator(10);
  files_.set_fault({.call = 3, .forever = true, .sys_errno = EIO});
  EXPECT_FALSE(subject.rename_away(kTimeNs));
  EXPECT_EQ(texts(), (Texts{{"current", "x"}, {"current.1", "one"}, {"current.3", "two"}}));
  files_.repair();
  ASSERT_TRUE(subject.rename_away(kTimeNs));
  EXPECT_EQ(texts(), (Texts{{"current.1", "x"}, {"current.2", "one"}, {"current.3", "two"}}));
}

TEST_F(NumberedRotatorTest, AnArchiveThatIsThereInBothFormsStaysOne) {
  make_file();
  write("current.1", "one");
  write("current.1.gz", "packed one");
  ASSERT_TRUE(rotator(10).rename_away(kTimeNs));
  EXPECT_EQ(texts(), (Texts{{"current.1", "x"}, {"current.2", "one"}}));
}

TEST_F(NumberedRotatorTest, TheHighestNumbersAreTheOldest) {
  for (const char* name : {"current.1", "current.2.gz", "current.9", "current.10", "current.01"}) {
    write(name, "x");
  }
  ASSERT_TRUE(rotator(2).prune(kTimeNs));
  EXPECT_THAT(list_names(directory_.path()),
              testing::ElementsAre("current.01", "current.1", "current.2.gz"));
}

TEST_F(RotatorTest, OneThatCannotBeDeletedDoesNotKeepTheOthers) {
  std::filesystem::create_directory(directory_ / "current.20240102T030405.001Z");
  write_file(directory_ / "current.20240102T030405.002Z", "x");
  const auto pruned = rotator(0).prune(kTimeNs);
  ASSERT_FALSE(pruned);
  EXPECT_THAT(pruned.error().message, testing::HasSubstr("current.20240102T030405.001Z"));
  EXPECT_THAT(list_names(directory_.path()), testing::ElementsAre("current.20240102T030405.001Z"));
}

TEST_F(RotatorTest, DeletesByAgeAndSaysWhenTheNextIsTooOld) {
  rules_.keep_age = base::seconds(60);
  const std::string path = directory_ / kArchive;
  write_file(path, "x");
  const std::uint64_t modified_ns = files_.status(path)->modified_ns;
  EXPECT_EQ(*rotator(10).prune(modified_ns + 59 * base::kNsPerSecond),
            modified_ns + 60 * base::kNsPerSecond);
  EXPECT_EQ(*rotator(10).prune(modified_ns + 60 * base::kNsPerSecond), 0U);
  EXPECT_THAT(list_names(directory_.path()), testing::IsEmpty());
}

}  // namespace
}  // namespace shippers
