// One log file and its record: opens, writes, completes and rotates it.
//
// A write is recorded before it begins and is over only when the ring's cursor has moved and
// `valid` is 0 again (file_record.h). Until then it is *pending*, be it that a router died or that
// the disk is full; settle() makes it whole: it makes the bytes again, compares them with what lies
// behind size_before and appends what is missing. It truncates only what differs (`tail -F` would
// print the whole file again) and never extends a file that someone made shorter (copytruncate).
// Whenever the file itself is gone, the write is forgotten and the same frames are simply written
// again to the new file, for the cursor has not moved.
// Threads: the sink's. Owner: the FileSink.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "logging/handoff/ring_reader.h"
#include "logging/sink_config.h"
#include "shippers/file/file_record.h"
#include "shippers/file/raw_run.h"
#include "shippers/file/rotator.h"

namespace shippers {

class FileWriter {
 public:
  FileWriter(base::FileSystem& files, FileRecord& record, const std::string& path,
             const logging::FileSinkConfig& config);

  /// Makes the file ready for a write: resumes a rotation, makes directories, opens; opens anew
  /// when the path names another file by now (looked at once a second). Precondition: not pending.
  [[nodiscard]] base::Result<void> prepare(std::uint64_t now_ns);

  [[nodiscard]] FileRoom room(std::uint64_t now_ns) const;
  [[nodiscard]] const OpenLine& open_line() const { return record_.open; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Writes and commits `run`. After an error the write is pending.
  [[nodiscard]] base::Result<void> write(Run& run, logging::RingConsumer& consumer);

  [[nodiscard]] bool is_pending() const;
  [[nodiscard]] std::uint64_t pending_ring() const { return record_.write.ring_id; }

  /// Ends the pending write; `consumer` is that of pending_ring(), null when the ring is gone.
  [[nodiscard]] base::Result<void> settle(logging::RingConsumer* consumer);

  /// Moves the file away and prunes. Precondition: prepared, no line is open. An error leaves the
  /// file in use, without a size limit for a while: a full directory must not stop the writes.
  [[nodiscard]] base::Result<void> rotate(std::uint64_t now_ns, std::uint64_t realtime_ns);

  [[nodiscard]] bool is_rotating() const { return rotator_.step() != RotationStep::kNone; }

  void reopen();

  /// The last failure that did not stop writing (deleting an old archive), once.
  [[nodiscard]] std::optional<base::Error> take_trouble();

 private:
  [[nodiscard]] base::Result<void> open_file(std::uint64_t now_ns);
  [[nodiscard]] base::Result<base::Fd> open_or_make();
  [[nodiscard]] base::Result<void> look_again(std::uint64_t now_ns);
  [[nodiscard]] base::Result<void> resolve_open_line();
  [[nodiscard]] base::Result<void> append_all(std::span<iovec> parts);
  [[nodiscard]] base::Result<bool> find_pending_file();
  [[nodiscard]] base::Result<bool> open_if_recorded(const std::string& path);
  [[nodiscard]] base::Result<bool> holds_start_of(const Run& run, std::uint64_t bytes);
  [[nodiscard]] base::Result<void> complete(Run& run, logging::RingConsumer& consumer);
  [[nodiscard]] base::Result<void> discard_pending();
  void finish(logging::RingConsumer& consumer);
  void forget_pending();
  void prune(std::uint64_t now_ns);

  base::FileSystem& files_;
  FileRecord& record_;
  std::string path_;
  std::string directory_;
  logging::FileSinkConfig config_;
  Rotator rotator_;
  base::Fd file_;
  std::uint64_t size_ = 0;  // as last seen, plus what was written since
  bool regular_ = true;
  std::uint64_t path_checked_ns_ = 0;
  std::uint64_t rotate_again_ns_ = 0;
  std::uint64_t prune_again_ns_ = 0;
  std::optional<base::Error> trouble_;
};

}  // namespace shippers
