#include "base/small_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace base {
namespace {

class SmallFileTest : public testing::Test {
 protected:
  SmallFileTest() {
    std::string pattern = "/tmp/small-file-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~SmallFileTest() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& text) const {
    const std::string path = directory_ + "/file";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::string directory_;
};

TEST_F(SmallFileTest, ReadsAFileWholeUpToTheLimit) {
  const std::string text = std::string(100'000, 'x') + '\0' + "end\n";
  EXPECT_EQ(*read_small_file(write(text), text.size()), text);
  EXPECT_EQ(*read_small_file(write(""), 0), "");
  const auto too_long = read_small_file(write(text), text.size() - 1);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::kLimit);
}

TEST_F(SmallFileTest, AMissingFileIsAnErrorOrNothing) {
  const auto missing = read_small_file("/no/such/file", 10);
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().message.starts_with("cannot read /no/such/file"));
  EXPECT_EQ(*read_small_file_if_present("/no/such/file", 10), std::nullopt);
  EXPECT_EQ(*read_small_file_if_present(write("here"), 10), "here");
}

TEST_F(SmallFileTest, WhatIsNoRegularFileIsRefusedWithoutWaiting) {
  const std::string fifo = directory_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const std::string& path : {fifo, directory_, std::string("/dev/zero")}) {
    const auto text = read_small_file_if_present(path, 10);
    ASSERT_FALSE(text) << path;
    EXPECT_EQ(text.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace base
