// `birl logs PATH...`: the lines of log files and their archives, filtered, merged, formatted.
//
// birl-router unpacks (its role `unpack`), one process a path, so that the command line links no
// zlib. A line that does not say its time has that of the line before it.
// Threads: one owner.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supervisor/control/log_filter.h"
#include "supervisor/control/logs_reader.h"

namespace supervisor {

class FileLogs {
 public:
  /// `output` is borrowed.
  FileLogs(LogsFormat format, LogFilter filter, LogsOutput& output);

  /// All that can be read is printed, also where a file is damaged or missing; then the error.
  [[nodiscard]] base::Result<void> print(const std::vector<std::string>& paths);

 private:
  struct Source;

  /// Reads until a line is found for `merge`, or nothing more comes.
  base::Result<void> feed(Source& source, std::size_t index, LogsMerge& merge);
  void add_lines(Source& source, std::string_view text, std::vector<LogLine>& out) const;
  void add_line(Source& source, std::string_view text, std::vector<LogLine>& out) const;
  void print_ready(LogsMerge& merge);

  LogsFormat format_;
  LogFilter filter_;
  LogsOutput& output_;
};

}  // namespace supervisor
