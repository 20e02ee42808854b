#include "shippers/file/unpack_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <string>

#include "tests/support/temporary_directory.h"

namespace shippers {
namespace {

class UnpackLogTest : public testing::Test {
 protected:
  void pack(const std::string& name, const std::string& text) {
    const gzFile file = ::gzopen(path(name).c_str(), "wb");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(::gzwrite(file, text.data(), static_cast<unsigned>(text.size())),
              static_cast<int>(text.size()));
    ::gzclose(file);
  }

  std::string path(const std::string& name) const { return directory_ / name; }

  base::Result<void> unpack(const std::string& name) {
    base::Fd out{::open(path("out").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    const auto result = unpack_log(name, out.get());
    text_.resize(static_cast<std::size_t>(::lseek(out.get(), 0, SEEK_END)));
    EXPECT_EQ(::pread(out.get(), text_.data(), text_.size(), 0),
              static_cast<ssize_t>(text_.size()));
    return result;
  }

  test_support::TemporaryDirectory directory_;
  std::string text_;
};

TEST_F(UnpackLogTest, ArchivesComeBeforeTheFileOldestFirst) {
  pack("current.20240102T030405.678Z.gz", "one\n");
  test_support::write_file(path("current.20240102T030405.678Z.001"), "two\n");
  test_support::write_file(path("current.20240103T000000.000Z"), "three\n");
  test_support::write_file(path("current"), "four\n");
  test_support::write_file(path("current.20240103T000000.000Z.gz.tmp"), "half");
  test_support::write_file(path("currently"), "another file\n");
  ASSERT_TRUE(unpack(path("current")));
  EXPECT_EQ(text_, "one\ntwo\nthree\nfour\n");
  ASSERT_TRUE(unpack(directory_.path()));
  EXPECT_EQ(text_, "one\ntwo\nthree\nfour\n");
}

TEST_F(UnpackLogTest, NumbersCountBackwards) {
  test_support::write_file(path("app.log.1"), "nine\n");
  pack("app.log.2.gz", "eight\n");
  pack("app.log.10.gz", "none\n");
  test_support::write_file(path("app.log"), "ten\n");
  ASSERT_TRUE(unpack(path("app.log")));
  EXPECT_EQ(text_, "none\neight\nnine\nten\n");
}

TEST_F(UnpackLogTest, LabelsSortAsTimes) {
  test_support::write_file(path("current.@4000000065937d2f287735f2"), "two\n");
  test_support::write_file(path("current.@4000000065937d2e287735f2"), "one\n");
  ASSERT_TRUE(unpack(path("current")));  // the file itself is not there yet
  EXPECT_EQ(text_, "one\ntwo\n");
}

TEST_F(UnpackLogTest, OneArchiveComesAlone) {
  pack("current.1.gz", "one\n");
  test_support::write_file(path("current"), "two\n");
  ASSERT_TRUE(unpack(path("current.1.gz")));
  EXPECT_EQ(text_, "one\n");
}

TEST_F(UnpackLogTest, WhatWasJustPackedComesOnce) {
  pack("current.20240102T030405.678Z.gz", "one\n");
  test_support::write_file(path("current.20240102T030405.678Z"), "one\n");
  test_support::write_file(path("current"), "two\n");
  ASSERT_TRUE(unpack(path("current")));
  EXPECT_EQ(text_, "one\ntwo\n");
}

TEST_F(UnpackLogTest, ADamagedArchiveHidesNoOther) {
  pack("current.1.gz", std::string(10'000, 'x'));
  ASSERT_EQ(::truncate(path("current.1.gz").c_str(), 20), 0);
  test_support::write_file(path("current"), "two\n");
  const auto result = unpack(path("current"));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("cannot unpack an archive"), std::string::npos)
      << result.error().message;
  EXPECT_TRUE(text_.ends_with("two\n")) << text_;
}

TEST_F(UnpackLogTest, NothingThereIsSaid) {
  const auto result = unpack(path("absent"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace shippers
