// One log file and its record: opens, writes, completes, rotates and syncs it.
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
#include "shippers/file/archive_keeper.h"
#include "shippers/file/file_record.h"
#include "shippers/file/rotator.h"
#include "shippers/file/run.h"
#include "shippers/moment.h"

namespace shippers {

/// Drops the first `bytes` of what `parts` view.
[[nodiscard]] std::span<iovec> skip_bytes(std::span<iovec> parts, std::uint64_t bytes);

class FileWriter {
 public:
  /// What all files of a sink share. Outlives the writer.
  struct Common {
    base::FileSystem& files;
    const logging::FileSinkConfig& config;
    const base::FileOwner& owner;
    ArchiveKeeper& keeper;
  };
  FileWriter(const Common& common, FileRecord& record, const ArchiveNames& names);

  /// Makes the file ready for a write: resumes a rotation, makes directories, opens; opens anew
  /// when the path names another file by now (looked at once a second). Precondition: not pending.
  [[nodiscard]] base::Result<void> prepare(const Moment& now);

  [[nodiscard]] FileRoom room(std::uint64_t now_ns) const;
  [[nodiscard]] const OpenLine& open_line() const { return record_.open; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Writes and commits `run`. After an error the write is pending.
  [[nodiscard]] base::Result<void> write(Run& run, logging::RingConsumer& consumer,
                                         const Moment& now);

  [[nodiscard]] bool is_pending() const;
  [[nodiscard]] std::uint64_t pending_ring() const { return record_.write.ring_id; }

  /// Ends the pending write; `consumer` is that of pending_ring(), null when the ring is gone, and
  /// `format` that of its input.
  [[nodiscard]] base::Result<void> settle(logging::RingConsumer* consumer, RunFormat* format);

  /// Moves the file away and prunes. Precondition: prepared, no line is open. An error leaves the
  /// file in use, without a size limit for a while: a full directory must not stop the writes.
  [[nodiscard]] base::Result<void> rotate(const Moment& now);

  [[nodiscard]] bool is_rotating() const { return rotator_.step() != RotationStep::kNone; }

  /// When rotate.interval ends for what is in the file (realtime); 0: never.
  [[nodiscard]] std::uint64_t rotation_due_ns() const;

  /// Syncs, and deletes archives that are too old; returns when it has to be called again at the
  /// latest (monotonic), 0: whenever.
  [[nodiscard]] std::uint64_t tend(const Moment& now);

  /// Sees to what earlier routers left: packs it, and deletes what is too old. Called once, when no
  /// file of the sink is half written.
  void look_after_archives(const Moment& now);

  /// Ends a rotation that a dead router began, and no more: nobody writes to this path now.
  /// Precondition: not pending.
  [[nodiscard]] base::Result<void> retire(const Moment& now);

  void reopen();

  /// The last failure that did not stop writing (deleting an old archive), once.
  [[nodiscard]] std::optional<base::Error> take_trouble();

 private:
  [[nodiscard]] base::Result<void> open_file(const Moment& now);
  [[nodiscard]] base::Result<void> resume_rotation(const Moment& now);
  [[nodiscard]] base::Result<void> look_again(std::uint64_t now_ns);
  [[nodiscard]] base::Result<void> resolve_open_line();
  [[nodiscard]] base::Result<void> append_all(std::span<iovec> parts);
  [[nodiscard]] base::Result<bool> find_pending_file();
  [[nodiscard]] base::Result<bool> open_if_recorded(const std::string& path);
  [[nodiscard]] base::Result<bool> holds_start_of(const Run& run, std::uint64_t bytes);
  [[nodiscard]] base::Result<bool> complete(Run& run, logging::RingConsumer& consumer);
  [[nodiscard]] base::Result<void> discard_pending();
  void finish(logging::RingConsumer& consumer, const logging::DropCounts& dropped = {});
  void forget_pending();
  void end_rotation(const Moment& now);
  void prune(const Moment& now);
  void sync(std::uint64_t now_ns);

  base::FileSystem& files_;
  const logging::FileSinkConfig& config_;
  const base::FileOwner& owner_;
  ArchiveKeeper& keeper_;
  FileRecord& record_;
  Rotator rotator_;
  std::string path_;
  base::Fd file_;
  std::uint64_t size_ = 0;  // as last seen, plus what was written since
  bool regular_ = true;
  std::uint64_t path_checked_ns_ = 0;
  std::uint64_t rotate_again_ns_ = 0;
  std::uint64_t prune_again_ns_ = 0;     // after a failure
  std::uint64_t prune_due_real_ns_ = 0;  // the next archive is too old then; 0: never
  std::uint64_t unsynced_since_ns_ = 0;  // 0: all is on the disk
  std::string told_;                     // the archive that the keeper has last heard of
  std::optional<base::Error> trouble_;
};

}  // namespace shippers
