// Opens a log file, or makes it: with its directories, mode and owner.
//
// A new file has exactly the mode that was asked for, whatever the umask; directories are 0755 less
// it, for others' files may lie in them as well. What is made belongs to the owner that was asked
// for; an existing file is given to it too. That one may not be given away stops nothing and is
// told. Threads: the sink's. Owner: the FileWriter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "logging/sink_config.h"

namespace shippers {

struct MadeFile {
  base::Fd fd;
  base::FileStatus status;
  std::optional<base::Error> trouble;  // it is usable, but not as it should be
};

/// Who `user` and `group` of a sink are. kNotFound: no such user or group in /etc/passwd,
/// /etc/group.
[[nodiscard]] base::Result<base::FileOwner> find_owner(const logging::FileSinkConfig& config);

[[nodiscard]] base::Result<MadeFile> make_file(base::FileSystem& files, const std::string& path,
                                               std::uint32_t mode, const base::FileOwner& owner);

}  // namespace shippers
