#include "shippers/file/file_record.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "logging/handoff/router_state_file.h"

namespace shippers {
namespace {

constexpr std::size_t kRecords = 4;

std::uint64_t bytes_in_memory(int file) {
  struct stat status {};
  EXPECT_EQ(::fstat(file, &status), 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

class FileRecordTest : public testing::Test {
 protected:
  static constexpr std::size_t kBytes =
      (1 + kRecords) * logging::RouterStateLimits::kFileRecordBytes;
  alignas(64) std::array<std::byte, kBytes> memory_{};
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

// Two thousand records are 4 MB of shared memory that a look would make real.
TEST_F(FileRecordTest, WhatWasNeverUsedIsNotTouched) {
  const base::Fd file = *logging::create_router_state("/tmp");
  const logging::RouterState state = *logging::RouterState::open(file.get());
  const std::uint64_t before = bytes_in_memory(file.get());
  FileRecordTable table(state.file_records(), {"files"});
  ASSERT_TRUE(table.claim("files", "/l/a"));
  EXPECT_EQ(table.used(), 1U);
  EXPECT_EQ(table.of_sink("files").size(), 1U);
  FileRecordTable next(state.file_records(), {"other"});
  EXPECT_TRUE(next.claim("other", "/l/b"));
  EXPECT_LE(bytes_in_memory(file.get()) - before, 4096U);
}

TEST_F(FileRecordTest, ReleasedRecordsAreUsedAgain) {
  FileRecordTable table(memory_, {"files"});
  for (std::size_t round = 0; round < 3 * kRecords; ++round) {
    const auto record = table.claim("files", "/l/" + std::to_string(round));
    ASSERT_TRUE(record);
    FileRecordTable::release(**record);
  }
  EXPECT_EQ(table.used(), 0U);
}

}  // namespace
}  // namespace shippers
