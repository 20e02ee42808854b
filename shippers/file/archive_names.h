// What rotated files are called, and which files are archives of one file.
//
//     timestamp   current.20240102T030405.678Z        when it was rotated (UTC)
//     tai64n      current.@4000000065937d2f287735f2   the same as a label (lines/line_stamp.h)
//     number      current.1                           the newest; each rotation shifts them up
//
// `.001` stands behind a name that is taken, `.gz` behind a packed one, `.gz.tmp` behind one that
// is being packed. Where the file's own name holds a date, the files of other dates are archives as
// well, with theirs. Names of another naming are not ours: whoever changes `naming` keeps the old
// ones. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "logging/sink_config.h"

namespace shippers {

struct Archive {
  std::string name;
  std::string age_key{};     // sorts the archives of one file, the oldest first
  std::uint32_t number = 0;  // with naming = number
  bool packed = false;
};

class ArchiveNames {
 public:
  static constexpr std::uint32_t kCounterMax = 999;
  static constexpr std::string_view kPackedSuffix = ".gz";
  static constexpr std::string_view kPackingSuffix = ".gz.tmp";

  /// `path` and `shape` as PathTemplate gives them.
  ArchiveNames(const std::string& path, const std::string& shape, logging::ArchiveNaming naming);

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const std::string& file_name() const { return file_name_; }
  [[nodiscard]] logging::ArchiveNaming naming() const { return naming_; }
  /// Ages are told by the time of the last write, for names cannot tell them.
  [[nodiscard]] bool is_dated() const { return shape_ != file_name_; }
  [[nodiscard]] std::string path_of(std::string_view name) const;

  /// The archive of a rotation at that time; `counter` 0 is the plain one.
  [[nodiscard]] std::string at_time(std::uint64_t realtime_ms, std::uint32_t counter) const;
  [[nodiscard]] std::string numbered(std::uint32_t number) const;

  /// Nothing when `name` is no archive of this file.
  [[nodiscard]] std::optional<Archive> parse(std::string_view name) const;
  /// `name` is what packing an archive left behind.
  [[nodiscard]] bool is_packing_rest(std::string_view name) const;

 private:
  [[nodiscard]] bool parse_suffix(std::string_view suffix, Archive& archive) const;

  std::string directory_;
  std::string file_name_;
  std::string shape_;  // of file_name_
  logging::ArchiveNaming naming_;
};

}  // namespace shippers
