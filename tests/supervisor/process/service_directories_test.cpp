#include "supervisor/process/service_directories.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <optional>
#include <utility>

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct stat look_at(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

DirectoryConfig directory(std::string path, std::string user = "",
                          std::optional<base::FileMode> mode = std::nullopt) {
  DirectoryConfig config;
  config.path = std::move(path);
  config.user = std::move(user);
  config.mode = mode;
  return config;
}

class ServiceDirectoriesTest : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const {
    return directory_.path() + "/" + name;
  }
  [[nodiscard]] base::Result<std::vector<std::string>> make(
      const std::vector<DirectoryConfig>& wanted,
      StrictIdentity strict = StrictIdentity::kNo) const {
    return make_service_directories({.wanted = wanted, .accounts = accounts_, .strict = strict});
  }
  void SetUp() override {
    if (::getuid() != 0) {
      GTEST_SKIP() << "giving away needs root";
    }
  }

  TemporaryDirectory directory_;
  AccountFiles accounts_{.passwd = "/nowhere", .group = "/nowhere"};
};

TEST_F(ServiceDirectoriesTest, MakesParentsWhateverTheUmaskIs) {
  const mode_t before = ::umask(0077);
  const auto notes = make({directory(at("a/b/c"), "12:34", base::FileMode{02750})});
  ::umask(before);
  ASSERT_TRUE(notes) << notes.error().message;
  EXPECT_THAT(*notes, IsEmpty());
  EXPECT_EQ(look_at(at("a")).st_mode & 07777U, 0755U);
  EXPECT_EQ(look_at(at("a")).st_uid, 0U);
  EXPECT_EQ(look_at(at("a/b/c")).st_mode & 07777U, 02750U);
  EXPECT_EQ(look_at(at("a/b/c")).st_uid, 12U);
  EXPECT_EQ(look_at(at("a/b/c")).st_gid, 34U);
}

TEST_F(ServiceDirectoriesTest, OneThatIsThereKeepsItsModeUnlessAskedFor) {
  std::filesystem::create_directory(at("old"));
  ::chmod(at("old").c_str(), 0700);
  ASSERT_TRUE(make({directory(at("old"))}));
  EXPECT_EQ(look_at(at("old")).st_mode & 07777U, 0700U);
}

TEST_F(ServiceDirectoriesTest, ARecursiveOneGivesAllInItButFollowsNoLink) {
  std::filesystem::create_directories(at("tree/sub"));
  directory_.write("tree/sub/file", "x");
  const std::string outside = directory_.write("outside", "x");
  std::filesystem::create_symlink(outside, at("tree/link"));
  DirectoryConfig tree = directory(at("tree"), "12:34");
  tree.recursive = true;
  ASSERT_TRUE(make({tree}));
  EXPECT_EQ(look_at(at("tree/sub/file")).st_uid, 12U);
  EXPECT_EQ(look_at(at("tree/link")).st_uid, 12U);
  EXPECT_EQ(look_at(outside).st_uid, 0U);
}

TEST_F(ServiceDirectoriesTest, WithoutRecursiveTheContentStays) {
  std::filesystem::create_directories(at("tree"));
  const std::string file = directory_.write("tree/file", "x");
  ASSERT_TRUE(make({directory(at("tree"), "12")}));
  EXPECT_EQ(look_at(at("tree")).st_uid, 12U);
  EXPECT_EQ(look_at(file).st_uid, 0U);
}

TEST_F(ServiceDirectoriesTest, AFileInTheWayIsAnError) {
  const std::string file = directory_.write("file", "x");
  EXPECT_EQ(make({directory(file)}).error().message, "cannot make " + file + ": it is a file");
  EXPECT_THAT(make({directory(file + "/below")}).error().message, HasSubstr("Not a directory"));
}

TEST_F(ServiceDirectoriesTest, WhatBirlMayNotGiveIsANoteOrWithStrictAnError) {
  std::filesystem::create_directory(at("roots"));
  ASSERT_EQ(::setresuid(65'534, 65'534, 0), 0);
  const auto notes = make({directory(at("roots"), "12:34")});
  const auto strict = make({directory(at("roots"), "12:34")}, StrictIdentity::kYes);
  ASSERT_EQ(::setresuid(0, 0, 0), 0);
  ASSERT_TRUE(notes) << notes.error().message;
  const std::string told = "cannot give " + at("roots") + " to 12:34: Operation not permitted";
  EXPECT_THAT(*notes, ElementsAre(told));
  EXPECT_EQ(strict.error().message, told);
}

}  // namespace
}  // namespace supervisor
