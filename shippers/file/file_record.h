// The memory of one file across deaths of the router: what makes file output exactly once.
//
// A record lives in the router's state memory (logging/handoff/router_state.h, behind the header),
// one per file a sink writes, found again by {sink id, path}. In the place of the first one is how
// many have ever been in use: what lies behind them is not looked at, for a page of shared memory
// that is read is a page that is there. It has one writer, the thread of its
// sink. A SIGKILL leaves every store before it and none after, so the order of stores is the
// protocol; `valid` and `step` are the only words that decide, each stored after (release) what it
// speaks of.
//
//     offset   what              meaning
//          0   sink_id           0: free, else sink_id_of(the sink's name)
//          4   path_bytes        length of `path`
//          8   identity          device, inode, birth time of the file last opened (24 bytes)
//         32   open              the line that the file ends in, when it is not ended (16 bytes)
//         48   write             the write in progress: valid, ring_id, from, to, size_before,
//                                bytes, open_before, open_after (112 bytes)
//        160   rotation          the rotation in progress: step, last_stamp_ms, begun_ns, archive
//                                (280 bytes)
//        440   path              NUL-terminated
//
//     a write      fill write, valid = 1 | writev ... | ring cursor = to | open, valid = 0
//     a rotation   fill archive, step = kRename | rename | step = kPrune | unlink ... | step =
//     kNone
//
// The console sink keeps its two outputs in records of the same shape (console/console_output.h).
// Threads: a record belongs to its sink's thread; tables over the same memory may claim at the same
// time. Owner: each sink has a table of its own; the memory is the router's.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "logging/handoff/ring_layout.h"
#include "logging/handoff/router_state.h"
#include "shippers/lines/open_line.h"

namespace shippers {

struct FileRecordLimits {
  static constexpr std::size_t kPathBytes = 1600;    // with the NUL
  static constexpr std::size_t kArchiveBytes = 256;  // a file name with the NUL
};

struct WriteRecord {
  std::atomic<std::uint32_t> valid;  // 1: the rest speaks of a write that is not yet over
  std::uint32_t reserved;
  std::uint64_t ring_id;
  logging::Cursor from;
  logging::Cursor to;
  std::uint64_t size_before;  // of the file
  std::uint64_t bytes;        // that the write adds, inserted newlines included
  OpenLine open_before;
  OpenLine open_after;
};

/// What is to be done next; each step may be repeated.
enum class RotationStep : std::uint32_t { kNone = 0, kRename = 1, kPrune = 2 };

struct RotationRecord {
  std::atomic<RotationStep> step;
  std::uint32_t reserved;
  std::uint64_t last_stamp_ms;  // of the newest archive: names never go back in time
  std::uint64_t begun_ns;       // realtime of the first byte in the file
  std::array<char, FileRecordLimits::kArchiveBytes> archive;  // its name, in the file's directory
};

struct FileRecord {
  std::atomic<std::uint32_t> sink_id;
  std::uint32_t path_bytes;
  base::FileIdentity identity;
  OpenLine open;
  WriteRecord write;
  RotationRecord rotation;
  std::array<char, FileRecordLimits::kPathBytes> path;
};
static_assert(offsetof(FileRecord, identity) == 8 && offsetof(FileRecord, open) == 32);
static_assert(offsetof(FileRecord, write) == 48 && offsetof(FileRecord, rotation) == 160);
static_assert(offsetof(FileRecord, path) == 440);
static_assert(sizeof(FileRecord) <= logging::RouterStateLimits::kFileRecordBytes);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

[[nodiscard]] std::string_view path_of(const FileRecord& record);

class FileRecordTable {
 public:
  /// `memory` is the part of the state memory behind kRouterStateHeaderBytes. Records of sinks that
  /// are not among `sink_names` are freed: their files are nobody's any more. Made before any sink
  /// claims.
  FileRecordTable(std::span<std::byte> memory, const std::vector<std::string>& sink_names);

  /// The record of `path` in that sink: the one a dead router left, or a new one. kExists when
  /// another sink writes this path (also when both ask at the same moment: neither may get it, and
  /// the next try decides), kLimit when the path is too long or no record is free.
  [[nodiscard]] base::Result<FileRecord*> claim(std::string_view sink_name,
                                                const std::string& path);

  /// All records of that sink, whatever their paths.
  [[nodiscard]] std::vector<FileRecord*> of_sink(std::string_view sink_name) const;

  /// Nobody writes this file any more.
  static void release(FileRecord& record) { record.sink_id.store(0); }

  /// How many records are in use.
  [[nodiscard]] std::size_t used() const;

 private:
  [[nodiscard]] std::atomic<std::uint32_t>& ever_used() const;
  /// 0 .. count() - 1.
  [[nodiscard]] FileRecord& record(std::size_t index) const;
  [[nodiscard]] std::size_t count() const;  // of those that have ever been in use
  [[nodiscard]] std::size_t limit() const;
  [[nodiscard]] bool take_one_more() const;
  [[nodiscard]] FileRecord* find(const std::string& path, std::uint32_t sink_id) const;
  [[nodiscard]] const FileRecord* find_of_others(const std::string& path,
                                                 std::uint32_t own_id) const;
  [[nodiscard]] FileRecord* take_free() const;
  [[nodiscard]] base::Unexpected taken(std::string_view sink_name, const FileRecord& other,
                                       const std::string& path) const;

  std::span<std::byte> memory_;
  std::vector<std::string> sink_names_;
};

}  // namespace shippers
