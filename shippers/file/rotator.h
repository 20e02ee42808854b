// Moves a full file out of the way and deletes the archives that are too much, in steps that can be
// resumed.
//
//     kNone    nothing to do
//     kRename  the archive's name is chosen: rename the file to it (done already if the path names
//              another file, or none, by now)
//     kPrune   delete the oldest archives (archive_pruning.h), then tell the keeper of the new one
//
// Each step is noted in the file's record before it is taken, so a router that died anywhere goes
// on from there; taking a step twice does no harm. Names that hold a time never go back in time.
// With naming = number the archives are first shifted up, from the first number that is free down
// to 1; each rename moves the free number down by one, so nothing need be noted: whoever died on
// the way has left a free number, and the next shift ends there.
//
// Packing happens to archives on another thread (archive_keeper.h), so names are changed and
// deleted under a lock that both hold for moments.
// Threads: the sink's. Owner: the FileWriter.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "shippers/file/archive_names.h"
#include "shippers/file/archive_pruning.h"
#include "shippers/file/file_record.h"

namespace shippers {

class Rotator {
 public:
  Rotator(base::FileSystem& files, FileRecord& record, ArchiveNames names,
          const logging::RotateConfig& rules, std::mutex& archives_lock)
      : files_(files),
        record_(record),
        names_(std::move(names)),
        rules_(rules),
        archives_lock_(archives_lock) {}

  /// Chooses a name and renames the file. On failure the file is where it was and no step is left.
  [[nodiscard]] base::Result<void> rename_away(std::uint64_t realtime_ns);

  /// What a dead router left in kRename. Must succeed before the file is opened again.
  [[nodiscard]] base::Result<void> finish_rename();

  /// Deletes what is too much; the rest goes on when one cannot be deleted, and the error comes
  /// last. Returns when there will be more to delete because of its age (realtime), 0: never.
  [[nodiscard]] base::Result<std::uint64_t> prune(std::uint64_t realtime_ns);

  /// The rotation is over.
  void finish();

  [[nodiscard]] RotationStep step() const;
  /// The archive of the rotation in progress; empty where there is none.
  [[nodiscard]] std::string archive_path() const;
  [[nodiscard]] const ArchiveNames& names() const { return names_; }

 private:
  [[nodiscard]] base::Result<std::string> choose_name(std::uint64_t realtime_ns);
  [[nodiscard]] base::Result<std::string> choose_time(std::uint64_t realtime_ns);
  [[nodiscard]] base::Result<bool> is_free(const std::string& name);
  [[nodiscard]] base::Result<void> shift_numbers();
  [[nodiscard]] base::Result<void> shift(const Archive& archive);
  [[nodiscard]] base::Result<std::vector<ArchiveFile>> list_archives();
  [[nodiscard]] base::Unexpected cannot_rotate(base::ErrorCode code, std::string_view why) const;
  void set_step(RotationStep step);

  base::FileSystem& files_;
  FileRecord& record_;
  ArchiveNames names_;
  logging::RotateConfig rules_;
  std::mutex& archives_lock_;
};

}  // namespace shippers
