#include "supervisor/process/environment_directory.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

TEST(EnvironmentDirectoryTest, ValuesAreRawBytes) {
  const TemporaryDirectory directory;
  directory.write("PLAIN", "value");
  directory.write("NEWLINES", "a\n\nb\n");
  directory.write("EMPTY", "");
  directory.write("ODD", "$HOME %s \"'\\ \xff");
  EXPECT_EQ(*read_environment_directory(directory.path()),
            (Environment{{"PLAIN", "value"},
                         {"NEWLINES", "a\n\nb\n"},
                         {"EMPTY", ""},
                         {"ODD", "$HOME %s \"'\\ \xff"}}));
}

TEST(EnvironmentDirectoryTest, OnlyPlainFilesOfItsOwnCount) {
  const TemporaryDirectory directory;
  const std::string outside = directory.write("outside", "secret");
  const std::string path = directory.path() + "/environment";
  std::filesystem::create_directories(path + "/SUB");
  directory.write("environment/.tmp", "half");
  directory.write("environment/A=B", "x");
  std::filesystem::create_symlink(outside, path + "/LINK");
  ASSERT_EQ(::mkfifo((path + "/FIFO").c_str(), 0600), 0);
  EXPECT_EQ(*read_environment_directory(path), Environment{});
}

TEST(EnvironmentDirectoryTest, AbsentMeansNothing) {
  EXPECT_EQ(*read_environment_directory("/nowhere/at/all"), Environment{});
  EXPECT_EQ(*read_environment_directory(""), Environment{});
}

TEST(EnvironmentDirectoryTest, ABootBeginsWithAnEmptyOne) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/environment";
  ASSERT_TRUE(reset_environment_directory(path));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
  directory.write("environment/OLD", "x");
  std::filesystem::create_symlink("/etc/passwd", path + "/LINK");
  ASSERT_TRUE(reset_environment_directory(path));
  EXPECT_TRUE(std::filesystem::is_empty(path));
}

}  // namespace
}  // namespace supervisor
