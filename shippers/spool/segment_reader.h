// Reads the records of one spool segment in order and goes on past damage.
//
// A record whose sizes or check are wrong is skipped: the next one is found by its magic. A record
// that is cut off at the end of the file is not there yet. Threads: one owner.
#pragma once

#include <cstdint>
#include <optional>

#include "base/file_system.h"
#include "base/result.h"
#include "shippers/spool/spool_record.h"

namespace shippers {

class SegmentReader {
 public:
  /// Both are borrowed.
  SegmentReader(base::FileSystem& files, int fd) : files_(files), fd_(fd) {}

  /// The first whole record at `offset` or behind it; `offset` moves behind that record. Nothing:
  /// there is none; `offset` stays.
  [[nodiscard]] base::Result<std::optional<SpoolRecord>> next(std::uint64_t& offset);

 private:
  [[nodiscard]] base::Result<std::optional<SpoolRecord>> read_at(std::uint64_t offset,
                                                                 std::size_t& bytes);
  [[nodiscard]] base::Result<std::optional<std::uint64_t>> find_magic(std::uint64_t offset);
  [[nodiscard]] base::Result<std::size_t> read_fully(std::uint64_t offset, std::span<char> buffer);

  base::FileSystem& files_;
  int fd_;
};

}  // namespace shippers
