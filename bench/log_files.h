// Finds rotated log files and reads them as the one text that their writer wrote.
//
// Order within a directory: what was rotated away comes before the file it was rotated from, and
// archives come by name, as time stamps sort; a plain number at the end (`app.log.1`) counts
// backwards, the highest is the oldest, as logrotate names them. Files of a directory are one text:
// a line may begin in one and end in the next.
// Threads: pure but for the reading.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bench {

/// File names of one directory from the oldest to the newest.
[[nodiscard]] std::vector<std::string> in_rotation_order(std::vector<std::string> names);

/// The regular files below `path` (itself, when it is a file), one list per directory, in rotation
/// order; an error for a compressed one. Names that begin with a dot and s6-log's `lock` and
/// `state` are skipped.
[[nodiscard]] base::Result<std::vector<std::vector<std::string>>> find_log_files(
    const std::string& path);

using LineHandler = std::function<void(std::string_view line)>;

/// Calls `on_line` for every line without its newline, and for a last one that has none.
[[nodiscard]] base::Result<void> read_lines(const std::vector<std::string>& files,
                                            const LineHandler& on_line);
[[nodiscard]] base::Result<void> read_lines(int fd, const LineHandler& on_line);

}  // namespace bench
