#include "shippers/file/gzip_file.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/shippers/sink_world.h"

namespace shippers {
namespace {

class GzipFileTest : public testing::Test {
 protected:
  base::Result<std::uint64_t> pack(const std::string& text, bool stop = false) {
    test_support::write_file(from_, text);
    source_ = *files_.open_read(from_);
    const auto target = files_.open_append(to_, 0600);
    EXPECT_TRUE(target);
    return gzip_file(files_, source_.get(), target->get(), [stop] { return stop; });
  }

  test_support::TemporaryDirectory directory_;
  std::string from_ = directory_ / "x";
  std::string to_ = directory_ / "x.gz";
  test_support::FaultyFileSystem files_;
  base::Fd source_;
};

TEST_F(GzipFileTest, UnpacksToTheSameBytes) {
  std::mt19937 random(5);
  for (const std::size_t bytes : {0U, 1U, 131'072U, 1'000'003U}) {
    std::filesystem::remove(to_);
    std::string text(bytes, 'x');
    for (char& c : text) {
      c = static_cast<char>(random() % 3 == 0 ? random() : 'x');
    }
    const auto packed = pack(text);
    ASSERT_TRUE(packed) << packed.error().message;
    EXPECT_EQ(*packed, bytes);
    EXPECT_EQ(read_log(to_), text);
  }
}

TEST_F(GzipFileTest, ShortWritesAreGoneOnWith) {
  files_.set_append_bytes_max(7);
  const std::string text(10'000, 'y');
  ASSERT_TRUE(pack(text));
  EXPECT_EQ(read_log(to_), text);
}

TEST_F(GzipFileTest, EveryFailingCallIsAnError) {
  for (std::size_t call = 1; call <= 6; ++call) {
    std::filesystem::remove(to_);
    files_.set_fault({.call = call + 2, .forever = false, .sys_errno = EIO});
    const auto packed = pack("some text\n");
    EXPECT_EQ(packed.has_value(), files_.failures() < call) << call;
  }
}

TEST_F(GzipFileTest, LeavesOffWhenItIsToStopOrTheFileIsGone) {
  const auto stopped = pack("x", true);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, base::ErrorCode::kUnavailable);
  std::filesystem::remove(to_);
  test_support::write_file(from_, "x");
  const base::Fd source = *files_.open_read(from_);
  const base::Fd target = *files_.open_append(to_, 0600);
  std::filesystem::remove(from_);
  EXPECT_FALSE(gzip_file(files_, source.get(), target.get(), [] { return false; }));
}

}  // namespace
}  // namespace shippers
