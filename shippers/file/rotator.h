// Moves a full file out of the way and deletes the oldest archives, in steps that can be resumed.
//
//     kNone    nothing to do
//     kRename  the archive's name is chosen: rename the file to it (done already if the path names
//              another file, or none, by now)
//     kPrune   delete the oldest archives beyond `keep`
//
// Each step is noted in the file's record before it is taken, so a router that died anywhere goes
// on from there; taking a step twice does no harm. An archive is `<file name>.20240102T030405.678Z`
// (UTC, of the rotation, never older than the one before), and `.001` behind it where that name is
// taken, so that names sort by age. Threads: the sink's. Owner: the FileWriter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/result.h"
#include "shippers/file/file_record.h"

namespace shippers {

/// Pure: the name that a rotation at that time gives; `counter` 0 is the plain one.
[[nodiscard]] std::string archive_name(std::string_view file_name, std::uint64_t realtime_ms,
                                       std::uint32_t counter);

/// Pure: whether `name` is one that archive_name() gives to this file (compressed or not).
[[nodiscard]] bool is_archive_name(std::string_view file_name, std::string_view name);

class Rotator {
 public:
  Rotator(base::FileSystem& files, FileRecord& record, const std::string& path, std::uint32_t keep);

  /// Chooses a name and renames the file. On failure nothing has changed and no step is left.
  [[nodiscard]] base::Result<void> rename_away(std::uint64_t realtime_ns);

  /// What a dead router left in kRename. Must succeed before the file is opened again.
  [[nodiscard]] base::Result<void> finish_rename();

  /// Deletes what is too much; on failure the step stays kPrune.
  [[nodiscard]] base::Result<void> prune();

  [[nodiscard]] RotationStep step() const;

 private:
  [[nodiscard]] base::Result<std::string> choose_name(std::uint64_t realtime_ns);
  void set_step(RotationStep step);

  base::FileSystem& files_;
  FileRecord& record_;
  std::string path_;
  std::string directory_;
  std::string file_name_;
  std::uint32_t keep_;
};

}  // namespace shippers
