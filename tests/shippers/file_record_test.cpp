#include "shippers/file/file_record.h"

#include <gtest/gtest.h>

namespace shippers {
namespace {

constexpr std::size_t kRecords = 4;

class FileRecordTest : public testing::Test {
 protected:
  alignas(
      64) std::array<std::byte, kRecords * logging::RouterStateLimits::kFileRecordBytes> memory_{};
};

TEST_F(FileRecordTest, ARecordIsFoundAgainByTheNextRouter) {
  FileRecord* const first = *FileRecordTable(memory_, {"files"}).claim("files", "/l/a");
  first->open.state = LineState::kOpen;
  FileRecordTable next(memory_, {"files"});
  EXPECT_EQ(*next.claim("files", "/l/a"), first);
  EXPECT_EQ(first->open.state, LineState::kOpen);
  EXPECT_NE(*next.claim("files", "/l/b"), first);
}

TEST_F(FileRecordTest, TwoSinksCannotWriteOnePath) {
  FileRecordTable table(memory_, {"files", "other"});
  ASSERT_TRUE(table.claim("files", "/l/a"));
  const auto second = table.claim("other", "/l/a");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kExists);
  EXPECT_EQ(second.error().message,
            "cannot write /l/a from sink other: sink files writes it already; give one of them "
            "another path");
}

TEST_F(FileRecordTest, RecordsOfSinksThatAreGoneAreFreed) {
  ASSERT_TRUE(FileRecordTable(memory_, {"old"}).claim("old", "/l/a"));
  FileRecordTable table(memory_, {"files"});
  EXPECT_EQ(table.used(), 0U);
  EXPECT_TRUE(table.claim("files", "/l/a"));
}

TEST_F(FileRecordTest, ThereIsALimitOfRecordsAndOfPathBytes) {
  FileRecordTable table(memory_, {"files"});
  for (std::size_t index = 0; index < kRecords; ++index) {
    ASSERT_TRUE(table.claim("files", "/l/" + std::to_string(index)));
  }
  EXPECT_EQ(table.claim("files", "/l/more").error().code, base::ErrorCode::kLimit);
  EXPECT_EQ(table.claim("files", std::string(FileRecordLimits::kPathBytes, 'x')).error().code,
            base::ErrorCode::kLimit);
}

}  // namespace
}  // namespace shippers
