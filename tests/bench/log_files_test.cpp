#include "bench/log_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace bench {
namespace {

using testing::ElementsAre;

class LogFilesTest : public testing::Test {
 protected:
  LogFilesTest() {
    std::string name = testing::TempDir() + "log_files.XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~LogFilesTest() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = directory_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    const auto groups = find_log_files(directory_);
    for (const auto& files : *groups) {
      EXPECT_TRUE(read_lines(files, [&](std::string_view line) { lines.emplace_back(line); }));
    }
    return lines;
  }

  std::string directory_;
};

TEST(RotationOrderTest, TimeStampsComeByNameAndTheLiveFileLast) {
  EXPECT_THAT(in_rotation_order({"current", "current.20240102T10.2", "current.20240102T09.1"}),
              ElementsAre("current.20240102T09.1", "current.20240102T10.2", "current"));
  EXPECT_THAT(in_rotation_order({"current", "@400000006.s", "@400000005.s"}),
              ElementsAre("@400000005.s", "@400000006.s", "current"));
}

TEST(RotationOrderTest, PlainNumbersCountBackwards) {
  EXPECT_THAT(in_rotation_order({"app.log", "app.log.1", "app.log.10", "app.log.2"}),
              ElementsAre("app.log.10", "app.log.2", "app.log.1", "app.log"));
}

TEST(RotationOrderTest, FilesOfOneDirectoryStayWithTheirOwnArchives) {
  EXPECT_THAT(in_rotation_order({"b", "a", "b-2024", "a-2024"}),
              ElementsAre("a-2024", "a", "b-2024", "b"));
}

TEST_F(LogFilesTest, ALineMayBeginInOneFileAndEndInTheNext) {
  write("web/current.2024", "one\ntw");
  write("web/current", "o\nthree");
  EXPECT_THAT(lines(), ElementsAre("one", "two", "three"));
}

TEST_F(LogFilesTest, DirectoriesAreTextsOfTheirOwn) {
  write("a/current", "half");
  write("b/current", "other\n");
  EXPECT_THAT(lines(), ElementsAre("half", "other"));
}

TEST_F(LogFilesTest, LinesLongerThanTheReadBufferStayWhole) {
  const std::string longest(3'000'000, 'x');
  write("a/current", "1\n" + longest + "\n2\n");
  EXPECT_THAT(lines(), ElementsAre("1", longest, "2"));
}

TEST_F(LogFilesTest, ACompressedFileIsAnErrorNotASilentGap) {
  write("a/current.1.gz", "...");
  EXPECT_THAT(find_log_files(directory_).error().message, testing::HasSubstr("compressed"));
}

TEST_F(LogFilesTest, AMissingPathIsAnError) {
  EXPECT_FALSE(find_log_files(directory_ + "/none"));
}

}  // namespace
}  // namespace bench
